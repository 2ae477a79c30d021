/*
 * identity_cache.c
 *		What the tables say of roles, users and memberships.
 *
 * Answers are kept, over transactions too, until a change to the tables behind them is
 * announced: by a relcache invalidation, which the trigger function below sends and
 * which reaches every backend before the COMMIT that made the change returns, and by
 * the server itself for roles.  Who asks takes in the announcements first; so a
 * revocation counts from the next statement on, as if each had looked again, and
 * looking costs nothing most of the time.
 *
 * What is invalidated is a type, which has an entry among the relations and is in no
 * plan.  To announce a change of member by that table itself would make every session plan
 * every statement again that reads it.
 *
 * The statements here cannot pin search_path (a parallel worker may not set it),
 * so every operator in them is qualified.
 */
#include "postgres.h"

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
#include "utils/rel.h"
#include "utils/syscache.h"

#include "db/changed_column.h"
#include "db/owner.h"
#include "db/plan.h"
#include "identity/identity_cache.h"

PG_FUNCTION_INFO_V1(tc_identity_changed);

static KeptPlan role_plan = {
	.sql = "SELECT EXISTS (SELECT FROM taskcrm.gateway g"
	" WHERE g.role_name OPERATOR(pg_catalog.=) $1 AND g.role_oid OPERATOR(pg_catalog.=) $2),"
	" (SELECT l.user_id FROM taskcrm.login l"
	" WHERE l.role_name OPERATOR(pg_catalog.=) $1 AND l.role_oid OPERATOR(pg_catalog.=) $2)",
	.mode = OWNER_BOOKKEEPING,
	.nargs = 2,
	.argtypes = {NAMEOID, OIDOID}
};

/*
 * The user's id is compared with the parameter on both sides and not with each other, so
 * that there is no clause to join by: the planner would look at ways to join, and in a
 * fresh connection look up all that they need.
 */
static KeptPlan member_plan = {
	.sql = "SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin'"
	" FROM taskcrm.app_user u LEFT JOIN taskcrm.member m"
	" ON m.org_id OPERATOR(pg_catalog.=) $2 AND m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active"
	" WHERE u.id OPERATOR(pg_catalog.=) $1 AND u.is_active",
	.mode = OWNER_BOOKKEEPING,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
};

/* Two rows tell that there are several. */
static KeptPlan only_org_plan = {
	.sql = "SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin'"
	" FROM taskcrm.app_user u LEFT JOIN taskcrm.member m"
	" ON m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active"
	" WHERE u.id OPERATOR(pg_catalog.=) $1 AND u.is_active LIMIT 2",
	.mode = OWNER_BOOKKEEPING,
	.nargs = 1,
	.argtypes = {UUIDOID}
};

static KeptPlan token_key_plan = {
	.sql = "SELECT FROM taskcrm.jwt_key k WHERE k.id OPERATOR(pg_catalog.=) $1",
	.mode = OWNER_BOOKKEEPING,
	.nargs = 1,
	.argtypes = {UUIDOID}
};

/* A pool serves many users in turn; this many answers are kept at once. */
#define MAX_ANSWERS 1000

typedef enum QuestionKind
{
	QUESTION_ROLE,
	QUESTION_MEMBER,
	QUESTION_ONLY_ORG,
	QUESTION_TOKEN_KEY
} QuestionKind;

/* What was asked; compared byte by byte, so that what does not apply is zero. */
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
	bool		is_there;		/* of a token's key */
} Answer;

static MemoryContext context = NULL;	/* of the answers */
static HTAB *answers = NULL;
static uint64 answers_generation;

/* Counts the announced changes of the tables (and roles) that are read here. */
static uint64 generation = 0;

/* What is read; all invalid until first looked up. */
static const char *const watched_names[] = {"member", "app_user", "login", "gateway", "jwt_key"};
static Oid	watched[lengthof(watched_names)];

/* What changes are announced by; invalid where it is missing. */
static Oid	announcement = InvalidOid;

/*
 * The tables themselves count too: where what announces is missing, and when one of them
 * is emptied or made again.
 */
static void
identity_relation_changed(Datum arg, Oid relation)
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

/* Registers for announcements.  For _PG_init. */
void
identity_cache_init(void)
{
	CacheRegisterRelcacheCallback(identity_relation_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, role_changed, (Datum) 0);
}

/*
 * A number that changes when anything changes that an identity, or who belongs to
 * an organization, is made of.  Takes in what other backends announced.
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

/* The kept answer, or NULL. */
static const Answer *
recall_answer(const Question *question)
{
	if (answers == NULL || answers_generation != identity_cache_generation())
		return NULL;
	return hash_search(answers, question, HASH_FIND, NULL);
}

/* Keeps an answer, unless something changed since the generation was asked for. */
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
		return;					/* the role was dropped under the session */
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

/* Of a user in an organization, or in the only one. */
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

/*
 * Looks the answer up, as committed now.  Raises 55000 when the tables are missing or
 * their owner is unfit.
 */
static void
ask_tables(Answer *answer)
{
	OwnerSwitch saved;
	uint64		asked_in;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	for (int i = 0; i < (int) lengthof(watched); i++)
		watched[i] = owner_require_table(watched_names[i]);
	announcement = find_announcement();
	/* A change announced from here on may not be in what is read below. */
	asked_in = identity_cache_generation();
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
	}
	SPI_finish();
	owner_leave(&saved);
	keep_answer(answer, asked_in);
}

static Answer
answer_to(const Question *question)
{
	const Answer *kept = recall_answer(question);
	Answer		answer;

	if (kept != NULL)
		return *kept;
	memset(&answer, 0, sizeof(answer));
	answer.question = *question;
	ask_tables(&answer);
	return answer;
}

/*
 * What the session's login role is.  Raises 55000 when the tables are missing or their
 * owner is unfit, as all of these do.
 */
CachedRole
identity_cache_session_role(void)
{
	Question	question = {.kind = QUESTION_ROLE, .role = GetSessionUserId()};

	return answer_to(&question).role;
}

/*
 * What a user is in an organization; with org_id NULL, in the only one that it belongs
 * to, if it is one.
 */
CachedUser
identity_cache_user(const pg_uuid_t *user_id, const pg_uuid_t *org_id)
{
	Question	question = {.kind = org_id != NULL ? QUESTION_MEMBER : QUESTION_ONLY_ORG, .id = *user_id};

	if (org_id != NULL)
		question.org_id = *org_id;
	return answer_to(&question).user;
}

/* Whether the key that a token was verified with is still there. */
bool
identity_cache_token_key(const pg_uuid_t *key_id)
{
	Question	question = {.kind = QUESTION_TOKEN_KEY, .id = *key_id};

	return answer_to(&question).is_there;
}

/* Whether a change is of a column that matters. */
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
 * Announces that a table which is read here has changed: after each row, or TRUNCATE,
 * of it.  Its arguments are the columns that matter; without any, all do.
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
	/* To say too much is safe: the table itself will do. */
	if (OidIsValid(announced))
		CacheInvalidateRelcacheByRelid(announced);
	else
		CacheInvalidateRelcache(data->tg_relation);
	return PointerGetDatum(NULL);
}
