/*
 * api_doctor.c
 *		tc_doctor(), the findings that an administrator has accepted, and facts from the
 *		C code that the checks need.
 *
 * The checks themselves are SQL; see sql/doctor/doctor.sql.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "api/api_call.h"
#include "base/compat.h"
#include "db/finding_store.h"
#include "identity/signature.h"
#include "task/task_label.h"

PG_FUNCTION_INFO_V1(tc_doctor);
PG_FUNCTION_INFO_V1(tc_write_finding);
PG_FUNCTION_INFO_V1(tc_delete_finding);
PG_FUNCTION_INFO_V1(tc_known_labels);
PG_FUNCTION_INFO_V1(tc_jwt_key_problem);

/* Copies the rows of the last statement to the result of the function. */
static void
put_report(ReturnSetInfo *result)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		Datum		values[4];
		bool		nulls[4];

		heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * tc_doctor() returns setof record (check text, ok boolean, detail text, hint text)
 *
 * A superuser runs the checks itself, since they also report tables whose owner is not
 * allowed.  A member of pg_monitor runs them as the owner of the tables.
 */
Datum
tc_doctor(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ApiCall		call;

	if (!has_privs_of_role(GetUserId(), ROLE_PG_MONITOR))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser or a member of pg_monitor to call tc_doctor")));
	InitMaterializedSRF(fcinfo, 0);
	if (superuser())
	{
		SPI_connect();
		finding_report();
		put_report(result);
		SPI_finish();
	}
	else
	{
		api_begin_upkeep(&call);
		finding_report();
		put_report(result);
		api_end(&call);
	}
	return (Datum) 0;
}

/*
 * write_finding(check_name text, object text, why text, accepted_by name) returns void
 */
Datum
tc_write_finding(PG_FUNCTION_ARGS)
{
	Datum		values[4] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
	ApiCall		call;

	api_begin_upkeep(&call);
	finding_write(values);
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * delete_finding(check_name text, object text) returns boolean
 */
Datum
tc_delete_finding(PG_FUNCTION_ARGS)
{
	Datum		values[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	ApiCall		call;
	bool		is_deleted;

	api_begin_upkeep(&call);
	is_deleted = finding_delete(values);
	api_end(&call);
	PG_RETURN_BOOL(is_deleted);
}

static void
put_labels(ReturnSetInfo *result, const LabelSet *set)
{
	for (int i = 0; i < set->count; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = CStringGetTextDatum(set->type);
		values[1] = Int32GetDatum(i + 1);
		values[2] = CStringGetTextDatum(set->labels[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * known_labels() returns setof record (enum text, place integer, label text)
 */
Datum
tc_known_labels(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	put_labels((ReturnSetInfo *) fcinfo->resultinfo, &label_status);
	put_labels((ReturnSetInfo *) fcinfo->resultinfo, &label_priority);
	return (Datum) 0;
}

/*
 * jwt_key_problem(alg text, key bytea) returns text
 *
 * Returns why a stored key cannot be used; NULL if it can.
 */
Datum
tc_jwt_key_problem(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bytea	   *bytes = PG_GETARG_BYTEA_PP(1);
	SignatureKey key = {(const uint8 *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
	SignatureAlg alg;
	const char *problem;

	problem = signature_find_alg(name, &alg) ? signature_check_key(alg, key) : "There is no such algorithm.";
	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}
