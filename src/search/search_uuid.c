/*
 * search_uuid.c
 *		The support functions of a GIN operator class for uuid, with equality only.
 *
 * A GIN index on another column needs it to include org_id.  An index entry is the uuid
 * itself, so the index needs no recheck.
 */
#include "postgres.h"

#include "access/gin.h"
#include "fmgr.h"

PG_FUNCTION_INFO_V1(tc_uuid_extract_value);
PG_FUNCTION_INFO_V1(tc_uuid_extract_query);
PG_FUNCTION_INFO_V1(tc_uuid_consistent);

static Datum *
one_key(Datum uuid, int32 *count)
{
	Datum	   *keys = palloc(sizeof(Datum));

	keys[0] = uuid;
	*count = 1;
	return keys;
}

/* uuid_extract_value(uuid, internal) returns internal */
Datum
tc_uuid_extract_value(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(one_key(PG_GETARG_DATUM(0), (int32 *) PG_GETARG_POINTER(1)));
}

/* uuid_extract_query(uuid, internal, smallint, internal, internal, internal, internal) returns internal */
Datum
tc_uuid_extract_query(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(one_key(PG_GETARG_DATUM(0), (int32 *) PG_GETARG_POINTER(1)));
}

/* uuid_consistent(internal, smallint, uuid, integer, internal, internal, internal) returns "char" */
Datum
tc_uuid_consistent(PG_FUNCTION_ARGS)
{
	GinTernaryValue *check = (GinTernaryValue *) PG_GETARG_POINTER(0);

	PG_RETURN_GIN_TERNARY_VALUE(check[0]);
}
