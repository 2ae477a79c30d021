/*
 * doctor.c
 *		What tc_doctor() has to know from the code.
 *
 * The checks themselves are SQL; see sql/doctor.sql.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "task/label.h"

PG_FUNCTION_INFO_V1(tc_known_labels);

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
