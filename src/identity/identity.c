/*
 * identity.c
 *		The caller's user and organization.
 *
 * The user comes from the first source that applies: a token verified in this
 * transaction, the claims set by a gateway, the user id set by a gateway, or the login
 * role. Only session_user decides whether a session belongs to a gateway, and clients
 * cannot change it.  The organization is only selected: by the organization-id header,
 * else by taskcrm.org_id, else by a claim, else because the user belongs to exactly one.
 * If the claims name an organization, the other selections must agree with it.  Access is
 * granted by an active row in member.
 *
 * The result is cached for the transaction while the settings that it depends on are
 * unchanged and no change to the underlying tables is announced (see identity_cache.c).
 * Within an API call, the identity found at its start is pinned.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/decision_log.h"
#include "base/settings.h"
#include "base/sqlstate.h"
#include "db/cluster.h"
#include "db/owner.h"
#include "identity/bound_token.h"
#include "identity/claims.h"
#include "identity/identity.h"
#include "identity/identity_cache.h"
#include "identity/request_settings.h"
#include "wire/json_scan.h"

/* The inputs of the cached identity, and the identity. */
static struct
{
	bool		valid;
	uint64		generation;
	uint64		claims_generation;
	Oid			session_user;
	LocalTransactionId transaction;
	char	   *settings[5];	/* malloc'ed; NULL for none */
	bool		token_expired;
	Identity	identity;
} kept;

/* The identities of the API calls in progress, innermost last. */
#define MAX_PINS 16
static struct
{
	int			nest_level;		/* nest level of the transaction that pinned it */
	bool		is_of_node;		/* pinned for another node, before the call */
	Identity	identity;
} pins[MAX_PINS];
static int	pin_count = 0;

static const Identity nobody_in_maintenance = {.problem = PROBLEM_MAINTENANCE};

static void
transaction_event(XactEvent event, void *arg)
{
	pin_count = 0;
}

/*
 * API calls that an error aborts do not get to unpin their identity; this does it for
 * them.
 */
static void
subtransaction_event(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	while (pin_count > 0 && pins[pin_count - 1].nest_level >= GetCurrentTransactionNestLevel())
		pin_count--;
}

/* Returns whether a call of an organization is in progress, and sets it. */
static bool
find_calling_organization(pg_uuid_t *org_id)
{
	if (pin_count == 0 || !pins[pin_count - 1].identity.has_org)
		return false;
	*org_id = pins[pin_count - 1].identity.org_id;
	return true;
}

/* Registers the callbacks.  Called by _PG_init(). */
void
identity_init(void)
{
	identity_cache_init();
	cluster_init(find_calling_organization);
	RegisterXactCallback(transaction_event, NULL);
	RegisterSubXactCallback(subtransaction_event, NULL);
}

/*
 * Finds the user that a claim or a setting names.  email: verified, for a user without an
 * external id; empty for none.  Returns false if there is no such user; a user with that
 * id is not looked up here.
 */
static bool
find_named_user(const NamedId *named, const char *email, pg_uuid_t *user_id)
{
	bool		is_external = named->external[0] != '\0';

	if (is_external && identity_cache_external(EXTERNAL_USER, named->external, user_id))
		return true;
	if (email[0] != '\0' && settings_jwt_email_login &&
		identity_cache_email_user(email, is_external ? NULL : &named->id, user_id))
		return true;
	*user_id = named->id;
	return !is_external;
}

/* Limits the identity to the organization that claims name. */
static void
take_limit(Identity *identity, const NamedId *org)
{
	bool		is_external = org->external[0] != '\0';

	identity->limited_to = org->id;
	identity->is_limited = is_external ?
		identity_cache_external(EXTERNAL_ORGANIZATION, org->external, &identity->limited_to) :
		!settings_jwt_ignore_unknown_org || identity_cache_has_organization(&org->id);
	if (is_external && !identity->is_limited && !settings_jwt_ignore_unknown_org)
		identity->problem = PROBLEM_UNKNOWN_ORG_CLAIM;
}

/* Uses the user, and the organization if there is one, that claims name. */
static void
take_names(Identity *identity, const ClaimsNames *names)
{
	if (!find_named_user(&names->user, names->email, &identity->user_id))
		identity->problem = PROBLEM_UNKNOWN_USER;
	else if (names->has_org)
		take_limit(identity, &names->org);
}

/*
 * Uses the identity from a token.  If the token has expired or its key has been removed,
 * nobody is calling; the other sources are not tried.
 */
static void
take_token(Identity *identity, const TokenIdentity *token, bool expired)
{
	identity->source = IDENTITY_TOKEN;
	if (expired)
		identity->problem = PROBLEM_TOKEN_EXPIRED;
	else if (!identity_cache_token_key(&token->key_id))
		identity->problem = PROBLEM_TOKEN_REVOKED;
	else
		take_names(identity, &token->names);
}

static IdentityProblem
problem_of_claims(JwtFault fault)
{
	switch (fault)
	{
		case JWT_FAULT_NONE:
			return PROBLEM_NONE;
		case JWT_FAULT_USER:
			return PROBLEM_BAD_CLAIM;
		case JWT_FAULT_ORG:
			return PROBLEM_BAD_ORG_CLAIM;
		case JWT_FAULT_REPEATED:
			return PROBLEM_REPEATED_CLAIM;
		case JWT_FAULT_SYNTAX:
		case JWT_FAULT_CHARACTER:
		case JWT_FAULT_DEPTH:
		case JWT_FAULT_COUNT:
			return PROBLEM_BAD_CLAIMS;
			/* For claims that a gateway has checked. */
		case JWT_FAULT_ISSUER:
		case JWT_FAULT_AUDIENCE:
		case JWT_FAULT_EXP:
		case JWT_FAULT_EXP_RANGE:
		case JWT_FAULT_NBF:
		case JWT_FAULT_NBF_RANGE:
			break;
	}
	return PROBLEM_BAD_CLAIMS;
}

/* Uses the user, and the organization if there is one, from a gateway's claims. */
static void
take_claims(Identity *identity, const char *claims)
{
	ClaimsNames names;

	identity->source = IDENTITY_CLAIMS;
	identity->problem = problem_of_claims(claims_names_of_json(claims, &names));
	if (identity->problem == PROBLEM_NONE)
		take_names(identity, &names);
}

/* Uses the user that a gateway's taskcrm.user_id names. */
static void
take_user_setting(Identity *identity, const char *text)
{
	NamedId		named;

	identity->source = IDENTITY_SETTING;
	identity->problem = PROBLEM_NONE;
	if (!named_id_read(text, &named))
		identity->problem = PROBLEM_BAD_USER_ID;
	else if (!find_named_user(&named, "", &identity->user_id))
		identity->problem = PROBLEM_UNKNOWN_USER;
}

/*
 * Finds the user of the session.  Sets source, and user_id if a user is named; otherwise
 * sets a problem.
 */
static void
find_user(Identity *identity, const IdentitySettings *settings)
{
	CachedRole	role = identity_cache_session_role();
	char	   *claims = role.is_gateway ? request_settings_of_transaction(settings->claims) : NULL;
	char	   *text;

	identity->problem = PROBLEM_UNKNOWN_LOGIN;
	if (claims != NULL)
		take_claims(identity, claims);
	else if (role.is_gateway)
	{
		identity->problem = PROBLEM_NO_CLAIM;
		text = request_settings_of_transaction(settings->user_id);
		if (text != NULL)
			take_user_setting(identity, text);
	}
	else if (role.is_person)
	{
		identity->source = IDENTITY_LOGIN;
		identity->user_id = role.user_id;
		identity->problem = PROBLEM_NONE;
	}
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t")] == '\0';
}

/*
 * Returns the organization that the client selects: by the header of its request, else by
 * the setting; an empty value selects nothing.  Returns false if the headers are
 * malformed.  Sets *text to NULL if nothing is selected.
 */
static bool
find_client_selection(const IdentitySettings *settings, const char **text)
{
	char	   *header;

	*text = settings->org_id;
	if (settings->headers != NULL)
	{
		switch (json_scan_string(settings->headers, "organization-id", &header))
		{
			case JSON_MEMBER_MALFORMED:
				return false;
			case JSON_MEMBER_ABSENT:
				break;
			case JSON_MEMBER_FOUND:
				if (!is_blank(header))
					*text = header;
				break;
		}
	}
	if (*text != NULL && is_blank(*text))
		*text = NULL;
	return true;
}

/*
 * Finds the organization that the client names.  Returns false, with a problem set, if
 * there is none.  An unknown external id and one of another organization are the same
 * problem.
 */
static bool
find_named_organization(Identity *identity, const char *text)
{
	NamedId		named;

	identity->problem = PROBLEM_BAD_ORG;
	if (!named_id_read(text, &named))
		return false;
	identity->problem = PROBLEM_NOT_MEMBER;
	identity->org_id = named.id;
	if (named.external[0] != '\0' &&
		!identity_cache_external(EXTERNAL_ORGANIZATION, named.external, &identity->org_id))
		return false;
	identity->problem = PROBLEM_NONE;
	return true;
}

/*
 * Returns the organization that the client or the claims select.  Returns false, with a
 * problem set, if the client's selection is not an id, is unknown, or differs from the
 * one in the claims.  Sets *selected to whether there is a selection.
 */
static bool
find_selection(Identity *identity, const IdentitySettings *settings, bool *selected)
{
	const char *text;

	*selected = false;
	if (!find_client_selection(settings, &text))
	{
		identity->problem = PROBLEM_BAD_ORG;
		return false;
	}
	*selected = identity->is_limited;
	identity->org_id = identity->limited_to;
	if (text == NULL)
		return true;

	*selected = find_named_organization(identity, text);
	/* Claims that limit the caller must not tell whether an external id exists. */
	if (identity->is_limited && identity->problem != PROBLEM_BAD_ORG &&
		(!*selected || tc_uuid_compare(&identity->org_id, &identity->limited_to) != 0))
	{
		identity->problem = PROBLEM_OTHER_ORG;
		return false;
	}
	return *selected;
}

/*
 * Checks the user, and its membership of the selected organization or of the only one
 * that it belongs to.
 */
static void
check_membership(Identity *identity, bool selected)
{
	CachedUser	user = identity_cache_user(&identity->user_id, selected ? &identity->org_id : NULL);

	identity->has_user = user.is_active;
	if (!user.is_active)
		identity->problem = PROBLEM_UNKNOWN_USER;
	else if (!user.is_member)
		identity->problem = selected ? PROBLEM_NOT_MEMBER : PROBLEM_NO_MEMBERSHIP;
	else if (user.has_others)
		identity->problem = PROBLEM_NONE_SELECTED;
	else
	{
		identity->has_org = true;
		identity->org_id = user.org_id;
		identity->is_admin = user.is_admin;
	}
}

/* For the server's log. */
static const char *const source_names[] = {
	[IDENTITY_NONE] = "nothing",
	[IDENTITY_TOKEN] = "a token",
	[IDENTITY_CLAIMS] = "the claims of a gateway",
	[IDENTITY_SETTING] = "taskcrm.user_id of a gateway",
	[IDENTITY_LOGIN] = "its login role"
};

static void
resolve_identity(Identity *identity, const IdentitySettings *settings, bool token_expired)
{
	bool		selected;
	const char *hint;

	memset(identity, 0, sizeof(*identity));
	if (settings->token != NULL)
		take_token(identity, settings->token, token_expired);
	else
		find_user(identity, settings);
	if (identity->problem != PROBLEM_NONE)
	{
		decision_log("nobody calls: %s", identity_problem_text(identity->problem, &hint));
		return;
	}
	decision_log("the caller is named by %s", source_names[identity->source]);
	if (find_selection(identity, settings, &selected))
		check_membership(identity, selected);
	else if (identity_cache_user(&identity->user_id, NULL).is_active)
		identity->has_user = true;	/* if nowhere */
	else
		identity->problem = PROBLEM_UNKNOWN_USER;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
keep_message(char **place, const char *value)
{
	free(*place);
	*place = value ? strdup(value) : NULL;
	return value == NULL || *place != NULL;
}

/*
 * Returns the caller's identity, for a policy, a default or the start of an API call. The
 * result is never NULL and is valid until the next call.  Raises 55000 if tc_install()
 * has not run or the owner of the tables is not allowed, and PT401 if a token has expired
 * during the client's statement.  In all other cases there is a result, with a problem
 * set if nobody is calling.
 */
const Identity *
identity_current(void)
{
	IdentitySettings now;
	LocalTransactionId transaction = tc_proc_lxid(MyProc);
	uint64		generation;
	bool		expired;

	/*
	 * ANALYZE, REINDEX and REFRESH MATERIALIZED VIEW run code of the table's owner in the
	 * session of the user who runs the command.  That code must not use the user's
	 * identity.
	 */
	if (InSecurityRestrictedOperation())
		return &nobody_in_maintenance;
	if (pin_count > 0)
		return &pins[pin_count - 1].identity;

	generation = identity_cache_generation();
	request_settings_read(&now);
	expired = now.token != NULL && bound_token_is_expired(now.token);
	if (kept.valid && kept.generation == generation &&
		kept.claims_generation == settings_claims_generation &&
		kept.transaction == transaction && transaction != InvalidLocalTransactionId &&
		kept.session_user == GetSessionUserId() && kept.token_expired == expired &&
		same_text(kept.settings[0], now.claims) && same_text(kept.settings[1], now.headers) &&
		same_text(kept.settings[2], now.org_id) && same_text(kept.settings[3], now.user_id) &&
		same_text(kept.settings[4], now.token_text))
		return &kept.identity;

	kept.valid = false;
	resolve_identity(&kept.identity, &now, expired);

	/* The result may not include a change that is announced in the meantime. */
	kept.generation = generation;
	kept.claims_generation = settings_claims_generation;
	kept.transaction = transaction;
	kept.session_user = GetSessionUserId();
	kept.token_expired = expired;
	kept.valid = keep_message(&kept.settings[0], now.claims) &&
		keep_message(&kept.settings[1], now.headers) &&
		keep_message(&kept.settings[2], now.org_id) &&
		keep_message(&kept.settings[3], now.user_id) &&
		keep_message(&kept.settings[4], now.token_text);
	return &kept.identity;
}

/*
 * Returns whether a function's call state belongs to one execution of one statement, as
 * it does for every expression that the executor initializes.  PL/pgSQL keeps the state
 * of its simple expressions for a whole transaction, below TopTransactionContext, or for
 * a DO block, below the memory of its SPI connection.  A statement that is run through
 * SPI has its state below "SPI Exec".
 */
static bool
belongs_to_statement(const FmgrInfo *flinfo)
{
	MemoryContext parent;

	if (flinfo == NULL || strcmp(flinfo->fn_mcxt->name, "ExecutorState") != 0)
		return false;
	parent = MemoryContextGetParent(flinfo->fn_mcxt);
	return parent != TopTransactionContext && strcmp(parent->name, "SPI Proc") != 0;
}

/*
 * identity_current() for a function that is called for each row.  Keeps the identity for
 * the execution of the statement, so that a policy costs almost nothing per row, and a
 * cursor does not change its user while it is read.
 */
const Identity *
identity_of_statement(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	const Identity *identity;

	if (flinfo != NULL && flinfo->fn_extra != NULL)
		return flinfo->fn_extra;
	identity = identity_current();
	if (belongs_to_statement(flinfo))
	{
		Identity   *copy = MemoryContextAlloc(flinfo->fn_mcxt, sizeof(Identity));

		*copy = *identity;
		flinfo->fn_extra = copy;
	}
	return identity;
}

/*
 * Makes an identity the result of identity_current() until identity_unpin(), or until the
 * current (sub)transaction aborts.  Raises 54001 if API calls are nested too deeply, by
 * triggers that call the API.
 */
void
identity_pin(const Identity *identity)
{
	if (pin_count == MAX_PINS)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("calls of taskcrm are nested too deeply")));
	pins[pin_count].identity = *identity;
	pins[pin_count].nest_level = GetCurrentTransactionNestLevel();
	pins[pin_count].is_of_node = false;
	pin_count++;
}

/* The same for the identity that another node has found; the call itself comes after it. */
void
identity_pin_of_node(const Identity *identity)
{
	identity_pin(identity);
	pins[pin_count - 1].is_of_node = true;
}

/* Returns whether an API call is in progress. */
bool
identity_is_pinned(void)
{
	return pin_count > 0;
}

/* Returns whether the innermost pin is that of another node. */
bool
identity_is_of_node(void)
{
	return pin_count > 0 && pins[pin_count - 1].is_of_node;
}

/*
 * Returns whether another node of a cluster runs the current statement, outside of a call: the
 * owner of the tables, in its own session.
 */
bool
identity_is_node(void)
{
	return pin_count == 0 && owner_is_session();
}

/* Returns whether the current API call was made within another one, by a trigger. */
bool
identity_is_nested(void)
{
	return pin_count > (pin_count > 0 && pins[0].is_of_node ? 2 : 1);
}

/* Undoes the last identity_pin(). */
void
identity_unpin(void)
{
	Assert(pin_count > 0);
	pin_count--;
}

/*
 * Returns the error message for a problem, and in *hint what can be done.  The texts name
 * no user and no organization.
 */
const char *
identity_problem_text(IdentityProblem problem, const char **hint)
{
	*hint = NULL;
	switch (problem)
	{
		case PROBLEM_NONE:
			return "no problem";
		case PROBLEM_MAINTENANCE:
			return "maintenance commands run without a user";
		case PROBLEM_UNKNOWN_LOGIN:
			*hint = "An administrator can call tc_link_login() or tc_trust_gateway() for the login role.";
			return "the login role is not linked to a user";
		case PROBLEM_NO_CLAIM:
			*hint = "Set request.jwt.claims or taskcrm.user_id within the transaction.";
			return "the gateway does not specify a user";
		case PROBLEM_BAD_CLAIM:
			*hint = "The claim specified by taskcrm.jwt_user_claim must be the id or the external id of a user.";
			return "the gateway's claims do not specify a user";
		case PROBLEM_BAD_ORG_CLAIM:
			*hint = "The claim specified by taskcrm.jwt_org_claim, if present, must be the id or the external id of an organization.";
			return "the organization in the gateway's claims is not a valid id";
		case PROBLEM_UNKNOWN_ORG_CLAIM:
			*hint = "An administrator can set its external_id, or the setting taskcrm.jwt_ignore_unknown_org.";
			return "the organization in the claims is unknown";
		case PROBLEM_BAD_CLAIMS:
			*hint = "request.jwt.claims must be a JSON object with at most 256 claims, at most 64 levels deep, without \\u0000 and unpaired surrogates.";
			return "the gateway's claims are not valid";
		case PROBLEM_REPEATED_CLAIM:
			*hint = "Each name must be unique in request.jwt.claims.";
			return "the gateway's claims contain the same name twice";
		case PROBLEM_BAD_USER_ID:
			*hint = "taskcrm.user_id must be the id or the external id of a user.";
			return "taskcrm.user_id is not a valid id";
		case PROBLEM_UNKNOWN_USER:
			*hint = "An administrator can create or activate the user.";
			return "the user is unknown or not active";
		case PROBLEM_TOKEN_EXPIRED:
			*hint = "Log in with a newer token in another transaction.";
			return "the token has expired";
		case PROBLEM_TOKEN_REVOKED:
			*hint = "Log in with a newer token in another transaction.";
			return "the key of the token was removed";
		case PROBLEM_NO_MEMBERSHIP:
			*hint = "An administrator can call tc_add_member().";
			return "the user does not belong to any organization";
		case PROBLEM_NONE_SELECTED:
			*hint = "Set taskcrm.org_id, or send the header organization-id. tc_whoami() lists the organizations of the user.";
			return "no organization is selected";
		case PROBLEM_BAD_ORG:
			*hint = "taskcrm.org_id or the header organization-id must be the id or the external id of an organization.";
			return "the selected organization is not a valid id";
		case PROBLEM_NOT_MEMBER:
			*hint = "Select an organization that the user belongs to.";
			return "the user is not a member of the selected organization";
		case PROBLEM_OTHER_ORG:
			*hint = "Select the organization of the token, or none.";
			return "the token is not for the selected organization";
	}
	return "unknown problem";
}

tc_noreturn static void
raise_problem(int sqlstate, IdentityProblem problem)
{
	const char *hint;
	const char *message = identity_problem_text(problem, &hint);

	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("%s", message),
			 hint ? errhint("%s", hint) : 0));
}

/* Returns whether nobody is calling because no source names a user. */
bool
identity_is_unnamed(const Identity *identity)
{
	return identity->problem == PROBLEM_UNKNOWN_LOGIN || identity->problem == PROBLEM_NO_CLAIM ||
		identity->problem == PROBLEM_BAD_CLAIM;
}

/* Raises PT401 if there is no user. */
void
identity_require_user(const Identity *identity)
{
	if (!identity->has_user)
		raise_problem(ERRCODE_TC_UNAUTHORIZED, identity->problem);
}

/* Returns the only organization that the claims allow, or NULL, as an argument. */
NullableDatum
identity_limit(const Identity *identity)
{
	return (NullableDatum) {UUIDPGetDatum(&identity->limited_to), !identity->is_limited};
}

/*
 * Raises PT401 if there is no user, PT400 if no organization is selected or the selection
 * is not an id, PT403 if the user is not an active member of it.
 */
void
identity_require_org(const Identity *identity)
{
	bool		is_request;

	identity_require_user(identity);
	if (identity->has_org)
		return;
	is_request = identity->problem == PROBLEM_NONE_SELECTED || identity->problem == PROBLEM_BAD_ORG;
	raise_problem(is_request ? ERRCODE_TC_BAD_REQUEST : ERRCODE_TC_FORBIDDEN, identity->problem);
}

/* Raises PT403 unless the user is an admin.  Call identity_require_org() first. */
void
identity_require_admin(const Identity *identity)
{
	if (!identity->is_admin)
		ereport(ERROR,
				(errcode(ERRCODE_TC_FORBIDDEN),
				 errmsg("only an admin of the organization may do this")));
}
