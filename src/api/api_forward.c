/*
 * api_forward.c
 *		Runs a call on the node of a cluster that has the rows of its organization.
 *
 * The node that a client is connected to finds out who calls.  If the rows of the
 * organization are on another node, the whole call goes there once, with the identity, but
 * without the token or the claims that prove it.  There tc_call_as() pins the identity and
 * calls the same function, which finds itself in a call and does its work.
 *
 * Only the owner of the tables may call tc_call_as(), in a session of its own: that is how
 * nodes connect to each other, and the owner can read and write everything anyway.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "parser/parse_func.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "api/api_args.h"
#include "api/api_forward.h"
#include "base/compat.h"
#include "db/owner.h"
#include "db/value_message.h"
#include "event/event_notify.h"
#include "task/own_column.h"
#include "wire/json_scan.h"

PG_FUNCTION_INFO_V1(tc_call_as);
PG_FUNCTION_INFO_V1(tc_has_row);

/*
 * The operations: what a node may ask another one to do.  Whether one writes is said by the
 * volatility of its function, how its arguments travel by their types (value_message.c).
 */
static const char *const operations[] = {
	"tc_list_tasks", "tc_find_task_ids", "tc_task_totals", "tc_group_tasks",
	"tc_list_views", "tc_get_view", "tc_create_view", "tc_update_view", "tc_delete_view",
	"tc_create_task", "tc_create_tasks", "tc_get_task", "tc_update_task", "tc_assign", "tc_unassign", "tc_delete_task",
	"tc_update_tasks", "tc_delete_tasks", "tc_list_deleted", "tc_restore_task", "tc_purge_deleted", "tc_task_history", "tc_list_events", "tc_purge_events", "tc_sync",
	"tc_create_webhook", "tc_update_webhook", "tc_rotate_webhook_secret", "tc_delete_webhook", "tc_list_webhooks", "tc_get_webhook", "tc_test_webhook",
	"tc_list_comments", "tc_list_attachments", "tc_add_task_comment_or_attachment", "tc_edit_task_comment",
	"tc_delete_task_comment",
	"tc_add_task_attachment", "tc_get_task_attachment", "tc_delete_task_attachment", "tc_download",
	"tc_list_members", "tc_get_member",
	"tc_list_accounts", "tc_get_account", "tc_create_account", "tc_update_account", "tc_delete_account",
	"tc_list_contacts", "tc_get_contact", "tc_create_contact", "tc_update_contact", "tc_delete_contact",
	"tc_list_teams", "tc_get_team", "tc_create_team", "tc_update_team", "tc_delete_team",
	"tc_add_team_member", "tc_remove_team_member", "tc_reassign",
	"tc_invite_member", "tc_list_invitations", "tc_revoke_invitation", "tc_export_organization"
};

/* The same for functions that are only called by other nodes. */
static const char *const internal_operations[] = {"has_row", "serve_request", "serve_step"};

/* Settings that a call reads or writes, and that travel with it. */
static const char *const request_settings[] = {"request.method", "request.headers"};
static const char *const response_settings[] = {"response.status", "response.headers"};

static bool
is_among(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/*
 * Returns the function of an operation.  Raises 42501 for any other one, and without a user for
 * all but steps.
 */
static Oid
find_operation(const char *name)
{
	const char *schema = NULL;

	if (is_among(name, operations, lengthof(operations)))
		schema = "taskcrm";
	else if (is_among(name, internal_operations, lengthof(internal_operations)))
		schema = "taskcrm_internal";
	if (!identity_current()->has_user && strcmp(name, "serve_step") != 0)
		schema = NULL;
	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("function \"%s\" cannot be called by another node", name)));
	return LookupFuncName(list_make2(makeString(pstrdup(schema)), makeString(pstrdup(name))), -1, NULL, false);
}

static Form_pg_proc
get_procedure(Oid function, HeapTuple *tuple)
{
	*tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(*tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	return (Form_pg_proc) GETSTRUCT(*tuple);
}

/* Adds a setting of the session, or NULL. */
static void
add_setting(StringInfo message, const char *name)
{
	const char *value = GetConfigOption(name, true, false);

	value_message_add_text(message, value != NULL && value[0] != '\0' ? value : NULL);
}

/* Of the headers of a request, only the one that a call reads: tokens stay on this node. */
static void
add_headers(StringInfo message)
{
	const char *headers = GetConfigOption("request.headers", true, false);
	StringInfoData kept;
	char	   *key;

	if (headers == NULL || headers[0] == '\0' ||
		json_scan_string(headers, "idempotency-key", &key) != JSON_MEMBER_FOUND)
	{
		value_message_add_text(message, NULL);
		return;
	}
	initStringInfo(&kept);
	appendStringInfoString(&kept, "{\"idempotency-key\": ");
	escape_json(&kept, key);
	appendStringInfoChar(&kept, '}');
	value_message_add_text(message, kept.data);
}

/* Sets the settings of a message, those that are not NULL; see set_config_option(). */
static void
take_settings(StringInfo message, const char *const *names, int count, GucAction action)
{
	for (int i = 0; i < count; i++)
	{
		char	   *value = value_message_get_text(message);

		if (value != NULL)
			(void) set_config_option(names[i], value, PGC_USERSET, PGC_S_SESSION, action, true, 0, false);
	}
}

static bytea *
write_arguments(FunctionCallInfo fcinfo)
{
	StringInfoData message;
	HeapTuple	tuple;
	Form_pg_proc procedure = get_procedure(fcinfo->flinfo->fn_oid, &tuple);

	/* As many as there are request_settings. */
	value_message_begin(&message);
	add_setting(&message, request_settings[0]);
	add_headers(&message);
	for (int i = 0; i < fcinfo->nargs; i++)
		value_message_add(&message, procedure->proargtypes.values[i], fcinfo->args[i]);
	ReleaseSysCache(tuple);
	return value_message_end(&message);
}

static void
read_arguments_of_call(FunctionCallInfo fcinfo, StringInfo message)
{
	HeapTuple	tuple;
	Form_pg_proc procedure = get_procedure(fcinfo->flinfo->fn_oid, &tuple);

	for (int i = 0; i < fcinfo->nargs; i++)
		fcinfo->args[i] = value_message_get(message, procedure->proargtypes.values[i]);
	ReleaseSysCache(tuple);
}

/* Adds the columns of a row. */
static void
write_row(StringInfo message, HeapTuple row, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		NullableDatum value;

		value.value = heap_getattr(row, i + 1, desc, &value.isnull);
		value_message_add(message, TupleDescAttr(desc, i)->atttypid, value);
	}
}

static HeapTuple
read_row(StringInfo message, TupleDesc desc)
{
	Datum	   *values = palloc(sizeof(Datum) * desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * desc->natts);

	for (int i = 0; i < desc->natts; i++)
	{
		NullableDatum value = value_message_get(message, TupleDescAttr(desc, i)->atttypid);

		values[i] = value.value;
		nulls[i] = value.isnull;
	}
	return heap_form_tuple(desc, values, nulls);
}

/* Calls a function that returns a set, and adds its rows and their number. */
static void
write_set(StringInfo message, FunctionCallInfo fcinfo, TupleDesc desc)
{
	ReturnSetInfo result = {.type = T_ReturnSetInfo};
	TupleTableSlot *slot;

	result.econtext = CreateStandaloneExprContext();
	result.expectedDesc = desc;
	result.allowedModes = SFRM_Materialize;
	result.returnMode = SFRM_ValuePerCall;
	fcinfo->resultinfo = (Node *) &result;
	(void) FunctionCallInvoke(fcinfo);
	if (result.returnMode != SFRM_Materialize || result.setResult == NULL)
		elog(ERROR, "a function of the API returned its set row by row");
	slot = MakeSingleTupleTableSlot(result.setDesc, &TTSOpsMinimalTuple);
	value_message_add(message, INT8OID, (NullableDatum) {
		.value = Int64GetDatum(tuplestore_tuple_count(result.setResult))
	});
	while (tuplestore_gettupleslot(result.setResult, true, false, slot))
	{
		bool		should_free;
		HeapTuple	row = ExecFetchSlotHeapTuple(slot, false, &should_free);

		write_row(message, row, result.setDesc);
		if (should_free)
			heap_freetuple(row);
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(result.setResult);
	FreeExprContext(result.econtext, true);
}

static void
read_set(StringInfo message, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int64		count = DatumGetInt64(value_message_get(message, INT8OID).value);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int64 i = 0; i < count; i++)
	{
		HeapTuple	row = read_row(message, result->setDesc);

		tuplestore_puttuple(result->setResult, row);
		heap_freetuple(row);
	}
}

/* The columns of a set of values that are not rows. */
static TupleDesc
describe_scalar(Oid type)
{
	TupleDesc	desc = CreateTemplateTupleDesc(1);

	TupleDescInitEntry(desc, 1, "r", type, -1, 0);
	return desc;
}

/* Calls a function and adds what it returns. */
static void
write_result(StringInfo message, FunctionCallInfo fcinfo)
{
	TupleDesc	desc;
	Oid			type;
	TypeFuncClass kind = get_call_result_type(fcinfo, &type, &desc);
	NullableDatum result;

	if (fcinfo->flinfo->fn_retset)
	{
		write_set(message, fcinfo, kind == TYPEFUNC_COMPOSITE ? desc : describe_scalar(type));
		return;
	}
	result.value = FunctionCallInvoke(fcinfo);
	result.isnull = fcinfo->isnull || type == VOIDOID;
	if (kind == TYPEFUNC_COMPOSITE)
	{
		HeapTupleHeader header = DatumGetHeapTupleHeader(result.value);
		HeapTupleData row = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};

		write_row(message, &row, desc);
	}
	else
		value_message_add(message, type, result);
}

static Datum
read_result(StringInfo message, FunctionCallInfo fcinfo)
{
	TupleDesc	desc;
	Oid			type;
	TypeFuncClass kind = get_call_result_type(fcinfo, &type, &desc);
	NullableDatum result;

	if (fcinfo->flinfo->fn_retset)
	{
		read_set(message, fcinfo);
		return (Datum) 0;
	}
	if (kind == TYPEFUNC_COMPOSITE)
		return HeapTupleGetDatum(read_row(message, BlessTupleDesc(desc)));
	result = value_message_get(message, type);
	fcinfo->isnull = result.isnull && type != VOIDOID;
	return result.value;
}

/*
 * Returns whether the rows of the identity's organization are on another node.  writes: for a
 * call that writes, what a read-only transaction cannot execute, else NULL; such a call keeps
 * the rows where they are until the transaction ends.  Needs a distributed database.
 */
bool
forward_is_elsewhere(Identity *identity, const char *writes)
{
	Datum		org = UUIDPGetDatum(&identity->org_id);

	if (writes != NULL)
	{
		PreventCommandIfReadOnly(writes);
		cluster_hold(&identity->org_id);
	}
	if (cluster_is_here(&identity->org_id))
		return false;
	/* The other node cannot. */
	if (writes != NULL)
		event_notify(&org, 1);
	return true;
}

/* Without a user, an id of zeros travels. */
static bytea *
send_call(const Identity *identity, const char *function, bytea *args, bool reads)
{
	return cluster_call(&identity->org_id, &identity->user_id, identity->is_admin, function, args, reads);
}

/* Begins the message of the arguments of forward_message(). */
void
forward_message_begin(StringInfo message)
{
	value_message_begin(message);
	for (int i = 0; i < (int) lengthof(request_settings); i++)
		value_message_add_text(message, NULL);
}

/*
 * Calls a function of taskcrm_internal on the node of an organization.  args: begun by
 * forward_message_begin(); reads: it does not write; type: of its result, which is returned.
 */
NullableDatum
forward_message(const Identity *identity, const char *function, bytea *args, bool reads, Oid type)
{
	StringInfoData message;

	value_message_open(&message, send_call(identity, function, args, reads));
	for (int i = 0; i < (int) lengthof(response_settings); i++)
		(void) value_message_get_text(&message);
	return value_message_get(&message, type);
}

/* The same for a function that returns a set of texts, which go to the sink. */
void
forward_lines(const Identity *identity, const char *function, bytea *args, bool reads, const ExportSink *sink)
{
	StringInfoData message;
	int64		count;

	value_message_open(&message, send_call(identity, function, args, reads));
	for (int i = 0; i < (int) lengthof(response_settings); i++)
		(void) value_message_get_text(&message);
	count = DatumGetInt64(value_message_get(&message, INT8OID).value);
	for (int64 i = 0; i < count; i++)
		sink->put(sink->state, value_message_get(&message, TEXTOID).value);
}

/* Forwards a call as an identity, if its organization is elsewhere. */
static bool
forward_as(Identity *identity, FunctionCallInfo fcinfo, Datum *answer)
{
	char	   *name = get_func_name(fcinfo->flinfo->fn_oid);
	bool		reads = func_volatile(fcinfo->flinfo->fn_oid) != PROVOLATILE_VOLATILE;
	StringInfoData message;

	if (name == NULL)
		elog(ERROR, "cache lookup failed for function %u", fcinfo->flinfo->fn_oid);
	if (!forward_is_elsewhere(identity, reads ? NULL : name))
		return false;
	value_message_open(&message, send_call(identity, name, write_arguments(fcinfo), reads));
	take_settings(&message, response_settings, lengthof(response_settings), GUC_ACTION_LOCAL);
	*answer = read_result(&message, fcinfo);
	return true;
}

/*
 * Runs an SQL function where its organization is.  Returns false if it is here, or if there is
 * no organization: the function then goes on.  Raises the errors of the function.
 */
bool
forward_call(FunctionCallInfo fcinfo, Datum *answer)
{
	Identity	identity;

	if (identity_is_pinned())
		return false;
	identity = *identity_current();
	return identity.has_org && forward_as(&identity, fcinfo, answer);
}

/* Returns whether an organization of another node has a row. */
static bool
has_row_elsewhere(const Identity *identity, FoundRow what, const pg_uuid_t *pk)
{
	StringInfoData message;

	forward_message_begin(&message);
	value_message_add(&message, INT4OID, (NullableDatum) {.value = Int32GetDatum(what)});
	value_message_add(&message, UUIDOID, (NullableDatum) {.value = UUIDPGetDatum(pk)});
	return DatumGetBool(forward_message(identity, "has_row", value_message_end(&message), true, BOOLOID).value);
}

/*
 * Finds the organization of a row among those of the caller, and makes it that of the
 * identity, if it is on another node.  Returns false if not, or if a call is in progress.
 */
bool
forward_find(Identity *identity, FoundRow what, const pg_uuid_t *pk)
{
	Membership *memberships;
	int			count;

	if (identity_is_pinned())
		return false;
	*identity = *identity_current();
	if (!identity->has_user || pk == NULL)
		return false;
	count = row_organization_list(identity, &memberships);
	for (int i = 0; i < count; i++)
	{
		if (cluster_is_here(&memberships[i].org_id))
			continue;
		identity->has_org = true;
		identity->org_id = memberships[i].org_id;
		identity->is_admin = memberships[i].is_admin;
		if (has_row_elsewhere(identity, what, pk))
			return true;
	}
	return false;
}

/* forward_call() for a function that finds the organization by the id of a row. */
bool
forward_call_where_found(FunctionCallInfo fcinfo, FoundRow what, const pg_uuid_t *pk, Datum *answer)
{
	Identity	identity;

	return forward_find(&identity, what, pk) && forward_as(&identity, fcinfo, answer);
}

tc_noreturn static void
raise_no_node(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("only another node may call this")));
}

/* Raises 42501 unless a call of another node is in progress: for functions that only it calls. */
void
forward_require_call(void)
{
	if (!identity_is_of_node())
		raise_no_node();
}

/* Pins the identity that another node has found: without a user, for an administrator. */
static void
pin_caller(FunctionCallInfo fcinfo)
{
	Identity	identity;

	memset(&identity, 0, sizeof(identity));
	identity.source = IDENTITY_LOGIN;
	identity.has_user = !tc_uuid_is_nil(PG_GETARG_UUID_P(1));
	identity.has_org = true;
	identity.org_id = *PG_GETARG_UUID_P(0);
	identity.user_id = *PG_GETARG_UUID_P(1);
	identity.is_admin = PG_GETARG_BOOL(2);
	identity.is_limited = true;
	identity.limited_to = identity.org_id;
	identity_pin_of_node(&identity);
}

/* The organization may have been moved since the other node looked. */
static void
require_organization(const pg_uuid_t *org_id)
{
	if (cluster_is_distributed() && !cluster_is_here(org_id))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("the organization has been moved to another node"),
				 errhint("Repeat the transaction.")));
}

static bytea *
run_operation(const char *name, bytea *args)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	StringInfoData message;
	StringInfoData answer;
	StringInfoData result;
	FmgrInfo	function;
	int			guc_level = NewGUCNestLevel();

	fmgr_info(find_operation(name), &function);
	InitFunctionCallInfoData(*call, &function, function.fn_nargs, InvalidOid, NULL, NULL);
	value_message_open(&message, args);
	take_settings(&message, request_settings, lengthof(request_settings), GUC_ACTION_SAVE);
	read_arguments_of_call(call, &message);
	initStringInfo(&result);
	write_result(&result, call);
	value_message_begin(&answer);
	for (int i = 0; i < (int) lengthof(response_settings); i++)
		add_setting(&answer, response_settings[i]);
	appendBinaryStringInfo(&answer, result.data, result.len);
	AtEOXact_GUC(true, guc_level);
	return value_message_end(&answer);
}

/*
 * call_as(org_id uuid, user_id uuid, is_admin boolean, function text, args bytea) returns bytea
 *
 * Called by another node.  The arguments and the result are messages, after the settings that
 * travel with them.
 */
Datum
tc_call_as(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(3));
	bytea	   *answer;

	if (!identity_is_node())
		raise_no_node();
	require_organization(PG_GETARG_UUID_P(0));
	own_column_refresh();
	pin_caller(fcinfo);
	answer = run_operation(name, PG_GETARG_BYTEA_PP(4));
	identity_unpin();
	PG_RETURN_BYTEA_P(answer);
}

/*
 * has_row(kind integer, id uuid) returns boolean
 *
 * Returns whether the organization of the call has a comment or an attachment.  Called by
 * other nodes, through call_as().
 */
Datum
tc_has_row(PG_FUNCTION_ARGS)
{
	Identity	identity = *identity_current();

	PG_RETURN_BOOL(row_organization_has(&identity, PG_GETARG_INT32(0), PG_GETARG_UUID_P(1)));
}
