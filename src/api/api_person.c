/*
 * api_person.c
 *		Exports and imports an organization, exports and erases a person.
 *
 * For provisioning.  An admin exports the own organization.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "api/api_step.h"
#include "base/compat.h"
#include "base/settings.h"
#include "identity/user_erase.h"
#include "task/export.h"

PG_FUNCTION_INFO_V1(tc_export_organization);
PG_FUNCTION_INFO_V1(tc_import_organization);
PG_FUNCTION_INFO_V1(tc_export_user);
PG_FUNCTION_INFO_V1(tc_erase_user);

/* Who may delete every organization may export every organization. */
static bool
may_provision(void)
{
	List	   *name = list_make2(makeString(pstrdup("taskcrm")), makeString(pstrdup("tc_delete_organization")));
	Oid			types[1] = {UUIDOID};

	return tc_may_execute(LookupFuncName(name, 1, types, false), GetUserId());
}

/* Appends a line to the result of a function. */
static void
put_in_result(void *state, Datum json)
{
	ReturnSetInfo *result = state;
	bool		isnull[1] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, &json, isnull);
}

/* Exports the caller's organization, which org_id, NULL or not, must be. */
static void
export_own(const ExportSink *sink, const pg_uuid_t *org_id)
{
	ApiCall		call;

	api_begin_admin(&call);
	if (org_id != NULL && memcmp(org_id, &call.identity.org_id, UUID_LEN) != 0)
		argument_not_found(NOUN_ORGANIZATION);
	(void) export_organization(sink, &call.identity.org_id, OWNER_TENANT);
	api_end(&call);
}

/* Passes lines on, and notes that there is one. */
typedef struct NotingSink
{
	const ExportSink *sink;
	bool		found;
} NotingSink;

static void
put_and_note(void *state, Datum json)
{
	NotingSink *noting = state;

	noting->found = true;
	noting->sink->put(noting->sink->state, json);
}

static void
export_any(const ExportSink *sink, const pg_uuid_t *org_id)
{
	StepArgs	args = {.subject = org_id, .note = STEP_NO_NOTE};
	NotingSink	noting = {.sink = sink};
	ExportSink	noted = {put_and_note, &noting};
	ApiCall		call;

	api_begin_upkeep(&call);
	step_run_for(org_id, "export_organization", &args, &noted);
	if (!noting.found)
		argument_not_found(NOUN_ORGANIZATION);
	api_end(&call);
}

/*
 * tc_export_organization(org_id uuid) returns setof json
 */
Datum
tc_export_organization(PG_FUNCTION_ARGS)
{
	ExportSink	sink = {put_in_result, fcinfo->resultinfo};
	pg_uuid_t  *org_id = PG_ARGISNULL(0) ? NULL : PG_GETARG_UUID_P(0);

	if (org_id != NULL && may_provision())
	{
		InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
		export_any(&sink, org_id);
		return (Datum) 0;
	}
	FORWARD_CALL();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	export_own(&sink, org_id);
	return (Datum) 0;
}

/* Appends a line to a text of limited size.  Raises 54000. */
static void
put_in_text(void *state, Datum json)
{
	StringInfo	out = state;
	text	   *line = DatumGetTextPP(json);
	int			length = (int) VARSIZE_ANY_EXHDR(line);

	if (length >= settings_max_answer_size - out->len)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the export is too large"),
				 errdetail("An answer can contain at most %d bytes.", settings_max_answer_size),
				 errhint("Call tc_export_organization() over SQL, which has no limit.")));
	appendBinaryStringInfo(out, VARDATA_ANY(line), length);
	appendStringInfoChar(out, '\n');
	if ((Pointer) line != DatumGetPointer(json))
		pfree(line);
}

/*
 * Returns the caller's organization as lines of JSON: a text.  For admins.  Raises 54000
 * if it is larger than taskcrm.max_answer_size, PT403.
 */
Datum
api_export_organization(void)
{
	StringInfoData out;
	ExportSink	sink = {put_in_text, &out};

	initStringInfo(&out);
	export_own(&sink, NULL);
	return PointerGetDatum(cstring_to_text_with_len(out.data, out.len));
}

/* Adds the table names and numbers of rows of the last statement to the result of a function. */
static void
put_imported(ReturnSetInfo *result)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		Datum		values[2];
		bool		nulls[2];

		heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * Each node gets its copies from this one, and the node of the organization inserts the rest.
 * The numbers of lines in errors are those of all lines.
 */
static void
import_into_cluster(ReturnSetInfo *result, Datum lines, NullableDatum continued)
{
	pg_uuid_t	org_id = import_check(lines, continued);
	StepArgs	args = {.note = {.value = PointerGetDatum(step_write_lines(DatumGetArrayTypeP(lines)))}};
	ExportSink	sink = {step_put_row, result};

	import_part(lines, true);
	put_imported(result);
	step_run_for(&org_id, "import_rows", &args, &sink);
}

/*
 * tc_import_organization(lines json[], org_id uuid) returns setof record (tab text, rows
 * bigint)
 */
Datum
tc_import_organization(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ApiCall		call;

	InitMaterializedSRF(fcinfo, 0);
	api_begin_upkeep(&call);
	argument_require(PG_ARGISNULL(0) ? NULL : PG_GETARG_POINTER(0), "lines");
	if (cluster_is_distributed())
		import_into_cluster(result, PG_GETARG_DATUM(0), fcinfo->args[1]);
	else
	{
		import_organization(PG_GETARG_DATUM(0), fcinfo->args[1]);
		put_imported(result);
	}
	api_end(&call);
	return (Datum) 0;
}

/*
 * tc_export_user(user_id uuid) returns setof json
 */
Datum
tc_export_user(PG_FUNCTION_ARGS)
{
	ExportSink	sink = {put_in_result, fcinfo->resultinfo};
	StepArgs	args = {.note = STEP_NO_NOTE};
	ApiCall		call;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	api_begin_upkeep(&call);
	args.subject = argument_uuid(fcinfo, 0, "user_id");
	if (!export_user(&sink, args.subject, true))
		argument_not_found(NOUN_USER);
	if (cluster_is_distributed())
		step_run_in_shards("export_user", &args, &sink);
	api_end(&call);
	return (Datum) 0;
}

/* The rows of the steps of erasing, added up over shards. */
typedef struct StepSums
{
	int64	   *rows;
	int			count;
	int			next;
} StepSums;

static void
add_step(void *state, Datum line)
{
	StepSums   *sums = state;

	sums->rows[sums->next] += step_read_number(line);
	sums->next = (sums->next + 1) % sums->count;
}

static void
put_erased(ReturnSetInfo *result, const StepSums *sums)
{
	ErasedRows	done;

	for (int i = 0; i < sums->count; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		if (!user_erase_told(&done, i, sums->rows[i]))
			continue;
		values[0] = CStringGetTextDatum(done.table);
		values[1] = CStringGetTextDatum(done.action);
		values[2] = Int64GetDatum(done.rows);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * tc_erase_user(user_id uuid) returns setof record (tab text, action text, rows bigint)
 */
Datum
tc_erase_user(PG_FUNCTION_ARGS)
{
	StepSums	sums = {.count = user_erase_steps()};
	ExportSink	sink = {add_step, &sums};
	StepArgs	args = {.note = STEP_NO_NOTE};
	ApiCall		call;

	InitMaterializedSRF(fcinfo, 0);
	api_begin_upkeep(&call);
	sums.rows = palloc0(sizeof(int64) * sums.count);
	args.subject = argument_uuid(fcinfo, 0, "user_id");
	if (!user_erase_begin(args.subject))
		argument_not_found(NOUN_USER);
	step_run_in_shards("erase_user", &args, &sink);
	user_erase_run(sums.rows, args.subject, true);
	put_erased((ReturnSetInfo *) fcinfo->resultinfo, &sums);
	api_end(&call);
	return (Datum) 0;
}
