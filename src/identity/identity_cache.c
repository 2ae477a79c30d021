/*
 * identity_cache.c
 *		Caches what the tables say about roles, users and memberships.
 *
 * Entries are kept across transactions until a change to the underlying tables is
 * announced.  A trigger function below announces it by a relcache invalidation, which
 * reaches every backend before the COMMIT of the change returns; the server itself
 * announces changes of roles.  Each lookup first processes pending invalidations.  So a
 * revocation takes effect at the next statement, as if each statement read the tables,
 * and a lookup usually costs nothing.
 *
 * The invalidated relation is the one of a composite type, which no plan depends on.
 * Invalidating the table member itself would make every session replan every statement
 * that reads it.
 *
 * The statements here cannot set search_path, because a parallel worker may not, so every
 * operator in them is qualified.
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/decision_log.h"
#include "db/changed_column.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/relation_watch.h"
#include "identity/identity_cache.h"

PG_FUNCTION_INFO_V1(tc_identity_changed);

static KeptPlan role_plan = BOOKKEEPING_PLAN(
	"SELECT EXISTS (SELECT FROM taskcrm_internal.gateway g"
	" WHERE g.role_name OPERATOR(pg_catalog.=) $1 AND g.role_oid OPERATOR(pg_catalog.=) $2),"
	" (SELECT l.user_id FROM taskcrm_internal.login l"
	" WHERE l.role_name OPERATOR(pg_catalog.=) $1 AND l.role_oid OPERATOR(pg_catalog.=) $2)",
	2, NAMEOID, OIDOID);

/*
 * The user's id is compared with the parameter on both sides instead of column with
 * column, so that there is no join clause.  Otherwise the planner would consider join
 * methods and, in a new connection, look up everything they need.
 */
static KeptPlan member_plan = BOOKKEEPING_PLAN(
	"SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin'"
	" FROM taskcrm.app_user u LEFT JOIN taskcrm.member m"
	" ON m.org_id OPERATOR(pg_catalog.=) $2 AND m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active"
	" WHERE u.id OPERATOR(pg_catalog.=) $1 AND u.is_active",
	2, UUIDOID, UUIDOID);

/* Two rows show that there is more than one. */
static KeptPlan only_org_plan = BOOKKEEPING_PLAN(
	"SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin'"
	" FROM taskcrm.app_user u LEFT JOIN taskcrm.member m"
	" ON m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active"
	" WHERE u.id OPERATOR(pg_catalog.=) $1 AND u.is_active LIMIT 2",
	1, UUIDOID);

static KeptPlan token_key_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.jwt_key k WHERE k.id OPERATOR(pg_catalog.=) $1",
	1, UUIDOID);

static KeptPlan external_user_plan = BOOKKEEPING_PLAN(
	"SELECT u.id FROM taskcrm.app_user u WHERE u.external_id OPERATOR(pg_catalog.=) $1",
	1, TEXTOID);

static KeptPlan external_org_plan = BOOKKEEPING_PLAN(
	"SELECT o.id FROM taskcrm.organization o WHERE o.external_id OPERATOR(pg_catalog.=) $1",
	1, TEXTOID);

static KeptPlan organization_plan = BOOKKEEPING_PLAN(
	"SELECT o.id FROM taskcrm.organization o WHERE o.id OPERATOR(pg_catalog.=) $1",
	1, UUIDOID);

/*
 * A user with an external id is identified by that alone: whoever gets the address from a
 * former owner must not become that user.  $2: the id in the token; if there is such a
 * user, the email is not used.
 */
static KeptPlan email_user_plan = BOOKKEEPING_PLAN(
	"SELECT u.id FROM taskcrm.app_user u"
	" WHERE taskcrm_internal.folded(u.email) OPERATOR(pg_catalog.=) taskcrm_internal.folded($1)"
	" AND u.external_id IS NULL"
	" AND NOT EXISTS (SELECT FROM taskcrm.app_user x WHERE x.id OPERATOR(pg_catalog.=) $2)"
	" LIMIT 2",
	2, TEXTOID, UUIDOID);

/* A pool serves many users in turn; this is the maximum number of entries. */
#define MAX_ANSWERS 1000

typedef enum QuestionKind
{
	QUESTION_ROLE,
	QUESTION_MEMBER,
	QUESTION_ONLY_ORG,
	QUESTION_TOKEN_KEY,
	QUESTION_EXTERNAL_USER,
	QUESTION_EXTERNAL_ORG,
	QUESTION_ORGANIZATION,
	QUESTION_EMAIL_USER
} QuestionKind;

/*
 * The key of a lookup.  Compared byte by byte, so unused parts are zero.  A text is
 * represented by its SHA-256 in id and org_id.
 */
typedef struct Question
{
	uint32		kind;
	Oid			role;
	pg_uuid_t	id;
	pg_uuid_t	org_id;
} Question;

typedef struct Answer
{
	Question	question;		/* hash key: must be first */
	CachedRole	role;
	CachedUser	user;
	bool		is_there;		/* of a token's key, and of the following */
	pg_uuid_t	found_id;		/* of what a text identifies */
} Answer;

/* The values of a lookup by text; not kept. */
typedef struct SearchedText
{
	const char *text;
	const pg_uuid_t *unless;	/* may be NULL */
} SearchedText;

static MemoryContext context = NULL;	/* of the answers */
static HTAB *answers = NULL;
static uint64 answers_generation;

/* Counts the announced changes of the tables and roles that are read here. */
static uint64 generation = 0;

/* The tables that are read; all invalid until first looked up. */
static const char *const watched_names[] = {"member", "app_user", "organization", "login", "gateway", "jwt_key"};
static Oid	watched[lengthof(watched_names)];

/* The relations whose invalidation announces a change; invalid if they do not exist. */
static Oid	announcement = InvalidOid;

/*
 * The tables themselves count too, in case the announcing type does not exist, and for
 * TRUNCATE or a table that is dropped and created again.
 */
static void
identity_relation_changed(Oid relation)
{
	if (OidIsValid(announcement) && announcement == relation)
	{
		generation++;
		return;
	}
	for (int i = 0; i < (int) lengthof(watched); i++)
	{
		if (relation == InvalidOid || watched[i] == InvalidOid || watched[i] == relation)
		{
			generation++;
			return;
		}
	}
}

static void
role_changed(Datum arg, int cache, uint32 hash)
{
	generation++;
}

static Oid
find_announcement(void)
{
	Oid			schema = get_namespace_oid("taskcrm_internal", true);

	return OidIsValid(schema) ? get_relname_relid("identity_change", schema) : InvalidOid;
}

/* Registers for invalidations.  Called by _PG_init(). */
void
identity_cache_init(void)
{
	relation_watch(identity_relation_changed);
	CacheRegisterSyscacheCallback(AUTHOID, role_changed, (Datum) 0);
}

/*
 * Returns a number that changes whenever anything changes that an identity, or the set of
 * members, depends on.  Processes the invalidations of other backends.
 */
uint64
identity_cache_generation(void)
{
	AcceptInvalidationMessages();
	return generation;
}

static void
forget_answers(void)
{
	HASHCTL		control = {0};

	decision_log("forgetting what is known about users and members");
	/* Forgotten first: making it again can fail. */
	answers = NULL;
	if (context != NULL)
		MemoryContextDelete(context);
	context = NULL;
	context = AllocSetContextCreate(CacheMemoryContext, "taskcrm identities", ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(Question);
	control.entrysize = sizeof(Answer);
	control.hcxt = context;
	answers = hash_create("taskcrm identities", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	answers_generation = generation;
}

/* Returns the cached entry, or NULL. */
static const Answer *
recall_answer(const Question *question)
{
	if (answers == NULL || answers_generation != identity_cache_generation())
		return NULL;
	return hash_search(answers, question, HASH_FIND, NULL);
}

/* Caches an entry, unless something has changed since the generation was read. */
static void
keep_answer(const Answer *answer, uint64 asked_in)
{
	if (identity_cache_generation() != asked_in)
		return;
	if (answers == NULL || answers_generation != asked_in || hash_get_num_entries(answers) >= MAX_ANSWERS)
		forget_answers();
	*(Answer *) hash_search(answers, &answer->question, HASH_ENTER, NULL) = *answer;
}

static void
ask_role(Answer *answer)
{
	char	   *role_name = GetUserNameFromId(answer->question.role, true);
	NameData	name;
	Datum		values[2];
	Datum		user;
	bool		isnull;

	if (role_name == NULL)
		return;					/* the role was dropped during the session */
	namestrcpy(&name, role_name);
	values[0] = NameGetDatum(&name);
	values[1] = ObjectIdGetDatum(answer->question.role);
	plan_run_latest(&role_plan, values, NULL);
	answer->role.is_gateway = DatumGetBool(plan_value(0, 1, &isnull));
	user = plan_value(0, 2, &isnull);
	answer->role.is_person = !isnull;
	if (!isnull)
		answer->role.user_id = *DatumGetUUIDP(user);
}

/* For a user in an organization, or in its only one. */
static void
ask_user(Answer *answer, KeptPlan *plan)
{
	Datum		values[2] = {UUIDPGetDatum(&answer->question.id), UUIDPGetDatum(&answer->question.org_id)};
	CachedUser *user = &answer->user;
	Datum		org;
	bool		isnull;

	plan_run_latest(plan, values, NULL);
	user->is_active = SPI_processed > 0;
	if (!user->is_active)
		return;
	org = plan_value(0, 1, &isnull);
	user->is_member = !isnull;
	if (isnull)
		return;
	user->org_id = *DatumGetUUIDP(org);
	user->is_admin = DatumGetBool(plan_value(0, 2, &isnull));
	user->has_others = SPI_processed > 1;
}

static void
ask_token_key(Answer *answer)
{
	Datum		key = UUIDPGetDatum(&answer->question.id);

	plan_run_latest(&token_key_plan, &key, NULL);
	answer->is_there = SPI_processed > 0;
}

/* Notes the id if exactly one row was found. */
static void
ask_id(Answer *answer, KeptPlan *plan, const PlanArgs *args)
{
	bool		isnull;

	plan_run_latest(plan, args->values, args->nulls);
	answer->is_there = SPI_processed == 1;
	if (answer->is_there)
		answer->found_id = *DatumGetUUIDP(plan_value(0, 1, &isnull));
}

static void
ask_external(Answer *answer, KeptPlan *plan, const SearchedText *searched)
{
	PlanArgs	args = {0};

	plan_arg_text(&args, searched->text);
	ask_id(answer, plan, &args);
}

static void
ask_organization(Answer *answer)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(&answer->question.id));
	ask_id(answer, &organization_plan, &args);
}

static void
ask_email(Answer *answer, const SearchedText *searched)
{
	PlanArgs	args = {0};

	plan_arg_text(&args, searched->text);
	plan_arg_nullable(&args, (NullableDatum) {UUIDPGetDatum(searched->unless), searched->unless == NULL});
	ask_id(answer, &email_user_plan, &args);
}

static void
ask_question(Answer *answer, const SearchedText *searched)
{
	switch ((QuestionKind) answer->question.kind)
	{
		case QUESTION_ROLE:
			ask_role(answer);
			break;
		case QUESTION_MEMBER:
			ask_user(answer, &member_plan);
			break;
		case QUESTION_ONLY_ORG:
			ask_user(answer, &only_org_plan);
			break;
		case QUESTION_TOKEN_KEY:
			ask_token_key(answer);
			break;
		case QUESTION_EXTERNAL_USER:
			ask_external(answer, &external_user_plan, searched);
			break;
		case QUESTION_EXTERNAL_ORG:
			ask_external(answer, &external_org_plan, searched);
			break;
		case QUESTION_ORGANIZATION:
			ask_organization(answer);
			break;
		case QUESTION_EMAIL_USER:
			ask_email(answer, searched);
			break;
	}
}

/*
 * Reads the entry from the tables, as committed now.  Raises 55000 if the tables do not
 * exist or their owner is not allowed.
 */
static void
ask_tables(Answer *answer, const SearchedText *searched)
{
	OwnerSwitch saved;
	uint64		asked_in;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	for (int i = 0; i < (int) lengthof(watched); i++)
		watched[i] = owner_require_table(watched_names[i]);
	announcement = find_announcement();
	/* A change announced after this point may not be part of what is read below. */
	asked_in = identity_cache_generation();
	ask_question(answer, searched);
	SPI_finish();
	owner_leave(&saved);
	keep_answer(answer, asked_in);
}

static Answer
answer_to_text(const Question *question, const SearchedText *searched)
{
	const Answer *kept = recall_answer(question);
	Answer		answer;

	if (kept != NULL)
		return *kept;
	memset(&answer, 0, sizeof(answer));
	answer.question = *question;
	ask_tables(&answer, searched);
	return answer;
}

static Answer
answer_to(const Question *question)
{
	return answer_to_text(question, NULL);
}

/* Represents a text, and maybe a uuid, in the key of a lookup. */
static void
put_digest(Question *question, const SearchedText *searched)
{
	StringInfoData bytes;
	unsigned char digest[2 * UUID_LEN];

	initStringInfo(&bytes);
	appendBinaryStringInfo(&bytes, searched->text, (int) strlen(searched->text) + 1);
	if (searched->unless != NULL)
		appendBinaryStringInfo(&bytes, (const char *) searched->unless->data, UUID_LEN);
	if (EVP_Digest(bytes.data, bytes.len, digest, NULL, EVP_sha256(), NULL) != 1)
		elog(ERROR, "could not compute SHA-256");
	pfree(bytes.data);
	memcpy(question->id.data, digest, UUID_LEN);
	memcpy(question->org_id.data, digest + UUID_LEN, UUID_LEN);
}

static bool
find_by_text(QuestionKind kind, const SearchedText *searched, pg_uuid_t *id)
{
	Question	question = {.kind = kind};
	Answer		answer;

	put_digest(&question, searched);
	answer = answer_to_text(&question, searched);
	if (answer.is_there)
		*id = answer.found_id;
	return answer.is_there;
}

/*
 * Returns what the tables say about the session's login role.  Raises 55000 if the tables
 * do not exist or their owner is not allowed, as do the functions below.
 */
CachedRole
identity_cache_session_role(void)
{
	Question	question = {.kind = QUESTION_ROLE, .role = GetSessionUserId()};

	return answer_to(&question).role;
}

/*
 * Returns what the tables say about a user in an organization; with org_id NULL, in the
 * only organization that the user belongs to.
 */
CachedUser
identity_cache_user(const pg_uuid_t *user_id, const pg_uuid_t *org_id)
{
	Question	question = {.kind = org_id != NULL ? QUESTION_MEMBER : QUESTION_ONLY_ORG, .id = *user_id};

	if (org_id != NULL)
		question.org_id = *org_id;
	return answer_to(&question).user;
}

/*
 * Finds the user or the organization with an external id, and sets *id.  Returns false if
 * there is none.
 */
bool
identity_cache_external(ExternalKind kind, const char *external_id, pg_uuid_t *id)
{
	SearchedText searched = {.text = external_id};

	return find_by_text(kind == EXTERNAL_USER ? QUESTION_EXTERNAL_USER : QUESTION_EXTERNAL_ORG, &searched, id);
}

/*
 * Finds the only user who has an email, in any case, and no external id; sets *id.  email:
 * ASCII.  unless: NULL, or an id: if it is a user's, nobody is found.  Returns false if
 * there is none.
 */
bool
identity_cache_email_user(const char *email, const pg_uuid_t *unless, pg_uuid_t *id)
{
	SearchedText searched = {.text = email, .unless = unless};

	return find_by_text(QUESTION_EMAIL_USER, &searched, id);
}

/* Returns whether an organization exists. */
bool
identity_cache_has_organization(const pg_uuid_t *org_id)
{
	Question	question = {.kind = QUESTION_ORGANIZATION, .id = *org_id};

	return answer_to(&question).is_there;
}

/* Returns whether the key that verified a token still exists. */
bool
identity_cache_token_key(const pg_uuid_t *key_id)
{
	Question	question = {.kind = QUESTION_TOKEN_KEY, .id = *key_id};

	return answer_to(&question).is_there;
}

/* Returns whether an update changes one of the columns that matter. */
static bool
is_of_concern(const TriggerData *data)
{
	if (!TRIGGER_FIRED_BY_UPDATE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		data->tg_trigger->tgnargs == 0)
		return true;
	for (int i = 0; i < data->tg_trigger->tgnargs; i++)
	{
		if (changed_column(data, data->tg_trigger->tgargs[i]))
			return true;
	}
	return false;
}

/*
 * tc_identity_changed() returns trigger
 *
 * Announces that one of the tables read here has changed.  Fires after each changed row,
 * and after TRUNCATE.  Its arguments are the columns that matter; without arguments, all
 * columns do.
 */
Datum
tc_identity_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Oid			announced = find_announcement();

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "identity_changed")));

	if (!is_of_concern(data))
		return PointerGetDatum(NULL);
	/* An unnecessary announcement does no harm: invalidate the table itself. */
	if (OidIsValid(announced))
		CacheInvalidateRelcacheByRelid(announced);
	else
		CacheInvalidateRelcache(data->tg_relation);
	return PointerGetDatum(NULL);
}
