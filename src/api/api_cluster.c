/*
 * api_cluster.c
 *		Tells where rows are on a cluster.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "base/compat.h"
#include "db/cluster.h"
#include "db/owner.h"
#include "identity/identity.h"

PG_FUNCTION_INFO_V1(tc_is_node);
PG_FUNCTION_INFO_V1(tc_node_of);
PG_FUNCTION_INFO_V1(tc_table_of_call);

/*
 * is_node() returns boolean
 *
 * Returns whether another node runs the statement, outside of a call.  It then writes its copy
 * of a row that it has written itself.
 */
Datum
tc_is_node(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(identity_is_node());
}

/*
 * tc_node_of(org_id uuid) returns record (host text, port integer)
 *
 * Returns the node that has the rows of an organization, or would have them; NULL if the tables
 * are not distributed.
 */
Datum
tc_node_of(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *org_id = PG_ARGISNULL(0) ? NULL : PG_GETARG_UUID_P(0);
	Datum		values[2] = {0};
	bool		nulls[2] = {true, true};
	const char *host;
	int32		port;
	TupleDesc	desc;

	(void) owner_require_table("task");
	argument_require(org_id, "org_id");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "tc_node_of() has no result columns");
	if (cluster_node_of(org_id, &host, &port))
	{
		values[0] = CStringGetTextDatum(host);
		values[1] = Int32GetDatum(port);
		nulls[0] = nulls[1] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * table_of_call(tab name) returns regclass
 *
 * Returns the table that has the rows of the current call: on a cluster, a shard of the named
 * one.  Raises 55000 if there is no such table.
 */
Datum
tc_table_of_call(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(cluster_shard_of(NameStr(*PG_GETARG_NAME(0))));
}
