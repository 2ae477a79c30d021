/*
 * api_step.c
 *		Steps of calls that concern more than one node of a cluster.
 *
 * Most calls run on one node.  A call that also writes tables of which each node has a copy,
 * or that concerns many organizations, is divided: the node that a client is connected to
 * writes the copies, through Citus, and has steps done by the nodes that have the rows of an
 * organization, or of a shard.  All of them belong to one transaction.  On a single node, a
 * step is a function call.
 *
 * A step runs for a user, under row-level security, or without one for administrators.  It
 * answers with lines of text.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "api/api_call.h"
#include "api/api_deliveries.h"
#include "api/api_forward.h"
#include "api/api_step.h"
#include "base/compat.h"
#include "db/attempt.h"
#include "db/value_message.h"
#include "event/event_write.h"
#include "identity/admin_trigger.h"
#include "identity/invitation.h"
#include "identity/user_erase.h"
#include "task/organization.h"
#include "task/reassign.h"
#include "task/task_counter.h"

PG_FUNCTION_INFO_V1(tc_serve_step);

typedef struct Step
{
	const char *name;
	bool		is_of_user;
	bool		reads;
	void		(*run) (const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink);
} Step;

/* Answers with a number. */
void
step_put_number(const ExportSink *sink, int64 number)
{
	sink->put(sink->state, CStringGetTextDatum(psprintf(INT64_FORMAT, number)));
}

/* Reads such a line. */
int64
step_read_number(Datum line)
{
	return strtoll(TextDatumGetCString(line), NULL, 10);
}

/*
 * Adds a row that a step has answered with to the result of a function.  result: of type
 * ReturnSetInfo, with the columns of the row.
 */
void
step_put_row(void *result, Datum line)
{
	ReturnSetInfo *set = result;
	Datum		record = OidInputFunctionCall(F_RECORD_IN, TextDatumGetCString(line), RECORDOID,
											  BlessTupleDesc(set->setDesc)->tdtypmod);
	HeapTupleHeader header = DatumGetHeapTupleHeader(record);
	HeapTupleData row = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};

	tuplestore_puttuple(set->setResult, &row);
}

/* Returns the lines of an import, none of them NULL, as a note for a step. */
bytea *
step_write_lines(ArrayType *lines)
{
	StringInfoData message;
	Datum	   *values;
	int			count;

	deconstruct_array(lines, JSONOID, -1, false, TYPALIGN_INT, &values, NULL, &count);
	value_message_begin(&message);
	value_message_add(&message, INT4OID, (NullableDatum) {.value = Int32GetDatum(count)});
	for (int i = 0; i < count; i++)
		value_message_add(&message, JSONOID, (NullableDatum) {.value = values[i]});
	return value_message_end(&message);
}

/* Returns such lines as json[]. */
static Datum
read_lines(Datum note)
{
	StringInfoData message;
	Datum	   *values;
	int			count;

	value_message_open(&message, DatumGetByteaPP(note));
	count = DatumGetInt32(value_message_get(&message, INT4OID).value);
	values = palloc(sizeof(Datum) * (count + 1));
	for (int i = 0; i < count; i++)
		values[i] = value_message_get(&message, JSONOID).value;
	return PointerGetDatum(construct_array(values, count, JSONOID, -1, false, TYPALIGN_INT));
}

/* --- steps of administrators --- */

/* subject: the organization.  Answers with a line if it exists. */
static void
delete_organization(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	if (organization_delete(args->subject))
		step_put_number(sink, 1);
}

/* subject: the organization. */
static void
export_of_organization(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	(void) export_organization(sink, args->subject, OWNER_BOOKKEEPING);
}

/* subject: the user. */
static void
export_of_user(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	(void) export_user(sink, args->subject, false);
}

/* subject: the user.  Answers with the numbers of rows, one for each step of erasing. */
static void
erase_user(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	int64	   *rows = palloc0(sizeof(int64) * user_erase_steps());

	user_erase_run(rows, args->subject, false);
	for (int i = 0; i < user_erase_steps(); i++)
		step_put_number(sink, rows[i]);
}

/* Answers with the number of rows removed. */
static void
compact_counts(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	step_put_number(sink, task_counter_compact());
}

static void
recount(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	task_counter_rebuild();
}

/* Returns a row as the server prints it. */
static char *
record_text(Datum record)
{
	return OidOutputFunctionCall(F_RECORD_OUT, record);
}

/* Answers with the rows of the last statement, as text. */
static void
put_rows(const ExportSink *sink)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		Datum		record = heap_copy_tuple_as_datum(SPI_tuptable->vals[row], BlessTupleDesc(SPI_tuptable->tupdesc));

		sink->put(sink->state, CStringGetTextDatum(record_text(record)));
	}
}

static void
check_counts(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	task_counter_check();
	put_rows(sink);
}

/* note: the lines, as step_write_lines() returns them.  Answers with tables and numbers of rows. */
static void
import_rows(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	import_part(read_lines(args->note.value), false);
	put_rows(sink);
}

/* subject: the user; other: the id of the invitation; note: its hash.  Answers with the role. */
static void
take_invitation(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	InvitationKey key = {.id = *args->other, .hash = args->note.value};
	Datum		role;

	key.org_id = *org_id;
	if (invitation_take(&key, args->subject, &role))
	{
		event_write_set_actor(org_id, args->subject);
		sink->put(sink->state, role);
	}
}

/* --- steps of users --- */

/* subject: the member; other: who gets its tasks.  Answers with counts if there is one. */
static void
release_member(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	MemberRemoval removal = {.from = *args->subject, .to = args->other};

	removal.org_id = *org_id;
	if (!reassign_release(&removal))
		return;
	step_put_number(sink, removal.counts.tasks);
	step_put_number(sink, removal.counts.assigned);
	step_put_number(sink, removal.counts.already_assigned);
	step_put_number(sink, removal.counts.left_unassigned);
}

/* subject: a member who is about to be no active admin any more. */
static void
keep_admin(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	admin_refuse_last(org_id, args->subject);
}

/* Nothing but what each step of a user does: it tells who is about to change a member. */
static void
announce_actor(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
}

/* --- running them --- */

static const Step steps[] = {
	{"delete_organization", false, false, delete_organization},
	{"export_organization", false, true, export_of_organization},
	{"export_user", false, true, export_of_user},
	{"erase_user", false, false, erase_user},
	{"compact_counts", false, false, compact_counts},
	{"recount", false, false, recount},
	{"check_counts", false, true, check_counts},
	{"import_rows", false, false, import_rows},
	{"find_due_deliveries", false, true, deliveries_find_due},
	{"claim_deliveries", false, false, deliveries_claim},
	{"finish_delivery", false, false, deliveries_finish},
	{"take_invitation", false, false, take_invitation},
	{"release_member", true, false, release_member},
	{"keep_admin", true, false, keep_admin},
	{"announce_actor", true, false, announce_actor},
};

/* Returns a step.  Raises 42501 if there is none for the caller. */
static const Step *
find_step(const char *name, bool is_of_user)
{
	for (int i = 0; i < (int) lengthof(steps); i++)
	{
		if (strcmp(steps[i].name, name) == 0 && steps[i].is_of_user == is_of_user)
			return &steps[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("another node cannot have the step \"%s\" done", name)));
}

static void
add_uuid(StringInfo message, const pg_uuid_t *value)
{
	value_message_add(message, UUIDOID, (NullableDatum) {.value = UUIDPGetDatum(value), .isnull = value == NULL});
}

static void
send_step(const Identity *where, const Step *step, const StepArgs *args, const ExportSink *sink)
{
	StringInfoData message;

	forward_message_begin(&message);
	value_message_add_text(&message, step->name);
	add_uuid(&message, args->subject);
	add_uuid(&message, args->other);
	value_message_add(&message, BYTEAOID, args->note);
	forward_lines(where, "serve_step", value_message_end(&message), step->reads, sink);
}

/*
 * Has a step done where an organization is.  where: the caller; sink: takes the lines of the
 * answer.  Raises the errors of the step.  Needs a frame in OWNER_TENANT mode for a step of a
 * user, else in OWNER_BOOKKEEPING mode.
 */
void
step_run(const Identity *where, const char *name, const StepArgs *args, const ExportSink *sink)
{
	const Step *step = find_step(name, where->has_user);
	Identity	caller = *where;

	if (!cluster_is_distributed())
	{
		step->run(&where->org_id, args, sink);
		return;
	}
	if (forward_is_elsewhere(&caller, step->reads ? NULL : name))
	{
		send_step(&caller, step, args, sink);
		return;
	}
	identity_pin(&caller);
	step->run(&caller.org_id, args, sink);
	identity_unpin();
}

/* The same for administrators. */
void
step_run_for(const pg_uuid_t *org_id, const char *name, const StepArgs *args, const ExportSink *sink)
{
	Identity	nobody = {.has_org = true, .org_id = *org_id};

	step_run(&nobody, name, args, sink);
}

/*
 * Sets *ids to one organization of each shard that has any, palloc'ed, and returns how many there
 * are.  Needs a frame in OWNER_BOOKKEEPING mode, and a distributed database.
 */
int
step_organization_of_each_range(pg_uuid_t **ids)
{
	int			count = organization_ids(ids);
	bool	   *is_found = palloc0(sizeof(bool) * (cluster_range_count() + 1));
	int			kept = 0;

	for (int i = 0; i < count; i++)
	{
		int			range = cluster_range_of(&(*ids)[i]);

		if (is_found[range])
			continue;
		is_found[range] = true;
		(*ids)[kept++] = (*ids)[i];
	}
	return kept;
}

/* The same once for each shard that has organizations, and so for all organizations. */
void
step_run_in_shards(const char *name, const StepArgs *args, const ExportSink *sink)
{
	static const pg_uuid_t any = {{0}};
	pg_uuid_t  *ids;
	int			count;

	if (!cluster_is_distributed())
	{
		step_run_for(&any, name, args, sink);
		return;
	}
	count = step_organization_of_each_range(&ids);
	for (int i = 0; i < count; i++)
		step_run_for(&ids[i], name, args, sink);
}

/* Returns the address of the node of an organization as one text. */
static char *
node_address(const pg_uuid_t *org_id)
{
	const char *host;
	int32		port;

	return cluster_node_of(org_id, &host, &port) ? psprintf("%s %d", host, port) : NULL;
}

/* A step on a node that may be lost. */
typedef struct NodeStep
{
	const pg_uuid_t *org_id;
	const char *name;
	const StepArgs *args;
	const ExportSink *sink;
} NodeStep;

static void
run_node_step(void *state)
{
	const NodeStep *step = state;

	step_run_for(step->org_id, step->name, step->args, step->sink);
}

static bool
is_error_of_lost_node(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_CONNECTION_EXCEPTION ||
		sqlstate == ERRCODE_ADMIN_SHUTDOWN || sqlstate == ERRCODE_CRASH_SHUTDOWN || sqlstate == ERRCODE_CANNOT_CONNECT_NOW;
}

/*
 * The same once for each node that has organizations: the step, which only reads, finds the
 * shards that are there.  Warns of a node that does not answer, and goes on without it.  Needs a
 * distributed database.
 */
void
step_run_on_nodes(const char *name, const StepArgs *args, const ExportSink *sink)
{
	pg_uuid_t  *ids;
	int			count = step_organization_of_each_range(&ids);
	List	   *done = NIL;

	for (int i = 0; i < count; i++)
	{
		char	   *address = node_address(&ids[i]);
		ListCell   *cell;
		bool		is_done = address == NULL;

		foreach(cell, done)
			is_done |= address != NULL && strcmp(lfirst(cell), address) == 0;
		if (is_done)
			continue;
		done = lappend(done, address);
		if (!attempt(run_node_step, &(NodeStep){&ids[i], name, args, sink}, is_error_of_lost_node))
			ereport(WARNING,
					(errmsg("the node \"%s\" does not answer", address)));
	}
}

/* Adds a line to the result of the function. */
static void
put_line(void *state, Datum line)
{
	ReturnSetInfo *result = state;
	bool		isnull[1] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, &line, isnull);
}

/*
 * serve_step(step text, subject uuid, other uuid, note bytea) returns setof text
 *
 * Called by another node, through call_as().
 */
Datum
tc_serve_step(PG_FUNCTION_ARGS)
{
	ExportSink	sink = {put_line, fcinfo->resultinfo};
	StepArgs	args = {
		.subject = PG_ARGISNULL(1) ? NULL : PG_GETARG_UUID_P(1),
		.other = PG_ARGISNULL(2) ? NULL : PG_GETARG_UUID_P(2),
		.note = fcinfo->args[3]
	};
	const Step *step;
	ApiCall		call;

	forward_require_call();
	step = find_step(text_to_cstring(PG_GETARG_TEXT_PP(0)), identity_current()->has_user);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (step->is_of_user)
	{
		api_begin(&call);
		event_write_set_actor(&call.identity.org_id, &call.identity.user_id);
	}
	else
		api_begin_upkeep(&call);
	step->run(&identity_current()->org_id, &args, &sink);
	api_end(&call);
	return (Datum) 0;
}
