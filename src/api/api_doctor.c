/*
 * api_doctor.c
 *		Facts from the C code that tc_doctor() needs.
 *
 * The checks themselves are SQL; see sql/doctor/doctor.sql.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "identity/signature.h"
#include "task/task_label.h"

PG_FUNCTION_INFO_V1(tc_known_labels);
PG_FUNCTION_INFO_V1(tc_jwt_key_problem);

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
