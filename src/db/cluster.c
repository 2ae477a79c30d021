/*
 * cluster.c
 *		Where the rows of an organization are, if the tables are distributed.
 *
 * Citus divides each table with org_id into shards, by a hash of org_id; the shards of an
 * organization are together on one node.  The tables without are on every node.  A shard is
 * an ordinary table: "task_102008".  A call runs on the node that has the shards of its
 * organization, and its statements name the shards.  The server then plans them as on a
 * single node.  Statements that name the distributed table are planned by Citus, which
 * refuses many of them, and sends each one to a node.
 *
 * What is known is kept until Citus announces a change: it invalidates the table's relcache
 * entry when a shard is moved or split.  On a server without Citus, all this costs the
 * comparison of one variable.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "base/decision_log.h"
#include "db/cluster.h"
#include "db/owner.h"
#include "db/relation_watch.h"

/* The mode that shard moves wait for: ShareLock, as a number of Citus. */
#define SHARE_LOCK 5

/* A distributed table, or one that every node has. */
typedef struct ClusterTable
{
	char		name[NAMEDATALEN];
	bool		is_everywhere;	/* has one shard */
	int64	   *shards;			/* in the order of their hash values */
} ClusterTable;

/* A shard of the table task.  Those of other tables have the same ranges. */
typedef struct ClusterRange
{
	int32		highest;		/* the last hash value that belongs to it */
	bool		is_here;
	char	   *host;			/* of its node; NULL for none */
	int32		port;
} ClusterRange;

typedef enum ClusterState
{
	CLUSTER_UNKNOWN,
	CLUSTER_ABSENT,
	CLUSTER_PRESENT
} ClusterState;

static ClusterState state = CLUSTER_UNKNOWN;
static Oid	task_table = InvalidOid;
static ClusterCaller caller = NULL;

/* Counts the announced changes. */
static uint64 changes = 0;

/* The map, valid if the state is CLUSTER_PRESENT. */
static MemoryContext map_context = NULL;
static ClusterTable *tables;
static int	table_count;
static ClusterRange *ranges;
static int	range_count;
static const ClusterTable *task_shards;

/* Every operator is qualified: a parallel worker cannot set search_path. */
#define MAP_SQL \
	"SELECT c.relname::pg_catalog.text, p.partmethod OPERATOR(pg_catalog.=) 'n', s.shardid," \
	" coalesce(s.shardmaxvalue, '0')::pg_catalog.int4, l.groupid OPERATOR(pg_catalog.=) g.groupid," \
	" d.nodename::pg_catalog.text, d.nodeport::pg_catalog.int4" \
	" FROM pg_catalog.pg_dist_partition p" \
	" JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.logicalrelid::pg_catalog.oid" \
	" JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace" \
	" AND n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ('{taskcrm,taskcrm_internal}'::pg_catalog.text[])" \
	" JOIN pg_catalog.pg_dist_shard s ON s.logicalrelid OPERATOR(pg_catalog.=) p.logicalrelid" \
	" CROSS JOIN pg_catalog.pg_dist_local_group g" \
	" LEFT JOIN pg_catalog.pg_dist_placement l ON l.shardid OPERATOR(pg_catalog.=) s.shardid" \
	" AND l.shardstate OPERATOR(pg_catalog.=) 1 AND p.partmethod OPERATOR(pg_catalog.<>) 'n'" \
	" LEFT JOIN pg_catalog.pg_dist_node d ON d.groupid OPERATOR(pg_catalog.=) l.groupid" \
	" AND d.noderole::pg_catalog.text OPERATOR(pg_catalog.=) 'primary'" \
	" ORDER BY c.relname::pg_catalog.text, coalesce(s.shardminvalue, '0')::pg_catalog.int4"

#define CALL_SQL "SELECT r FROM taskcrm_internal.call_as($1, $2, $3, $4, $5) r"

static void
map_changed(Oid relation)
{
	if (!OidIsValid(relation) || !OidIsValid(task_table) || relation == task_table)
	{
		state = CLUSTER_UNKNOWN;
		changes++;
	}
}

/*
 * Registers for changes of the map.  find_caller: returns whether a call of an organization is
 * in progress, and sets it.  Called by _PG_init().
 */
void
cluster_init(ClusterCaller find_caller)
{
	caller = find_caller;
	relation_watch(map_changed);
}

static Datum
map_value(uint64 row, int column)
{
	bool		isnull;

	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);
}

static void
read_range(ClusterRange *range, uint64 row)
{
	char	   *host = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 6);

	range->highest = DatumGetInt32(map_value(row, 4));
	range->is_here = DatumGetBool(map_value(row, 5));
	range->host = host != NULL ? pstrdup(host) : NULL;
	range->port = DatumGetInt32(map_value(row, 7));
}

/* Adds a shard to the last table, or to a new one.  Rows come in the order of the tables. */
static void
add_shard(uint64 row, int *count)
{
	char	   *name = TextDatumGetCString(map_value(row, 1));
	ClusterTable *table = table_count > 0 ? &tables[table_count - 1] : NULL;

	if (table == NULL || strcmp(table->name, name) != 0)
	{
		table = &tables[table_count++];
		strlcpy(table->name, name, NAMEDATALEN);
		table->is_everywhere = DatumGetBool(map_value(row, 2));
		table->shards = palloc(sizeof(int64) * SPI_processed);
		*count = 0;
	}
	if (strcmp(name, "task") == 0)
	{
		read_range(&ranges[*count], row);
		range_count = *count + 1;
		task_shards = table;
	}
	table->shards[(*count)++] = DatumGetInt64(map_value(row, 3));
}

/* Runs a statement of this file as committed now.  Needs SPI. */
static void
run_map_sql(Oid relation)
{
	SPIPlanPtr	plan = SPI_prepare(MAP_SQL, 0, NULL);

	if (plan == NULL ||
		SPI_execute_snapshot(plan, NULL, NULL, GetCatalogSnapshot(relation), InvalidSnapshot, true, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read which tables are distributed");
}

static void
read_map_rows(void)
{
	MemoryContext old;
	int			count = 0;

	if (map_context == NULL)
		map_context = AllocSetContextCreate(CacheMemoryContext, "taskcrm map of the cluster", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(map_context);
	table_count = 0;
	range_count = 0;
	task_shards = NULL;
	old = MemoryContextSwitchTo(map_context);
	tables = palloc(sizeof(ClusterTable) * (SPI_processed + 1));
	ranges = palloc(sizeof(ClusterRange) * (SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
		add_shard(row, &count);
	MemoryContextSwitchTo(old);
}

static ClusterState
read_map(Oid partitions)
{
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	run_map_sql(partitions);
	read_map_rows();
	SPI_finish();
	owner_leave(&saved);
	decision_log("%d tables are distributed, in %d shards", table_count, range_count);
	return task_shards != NULL && !task_shards->is_everywhere ? CLUSTER_PRESENT : CLUSTER_ABSENT;
}

/* Finds out whether the tables are distributed, and how. */
static ClusterState
find_state(void)
{
	Oid			partitions = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	Oid			schema = get_namespace_oid("taskcrm", true);

	task_table = OidIsValid(schema) ? get_relname_relid("task", schema) : InvalidOid;
	if (!OidIsValid(partitions) || !OidIsValid(task_table))
		return CLUSTER_ABSENT;
	return read_map(partitions);
}

/* Reads the map again until it does not change meanwhile. */
static void
refresh_map(void)
{
	uint64		asked_after;

	do
	{
		asked_after = changes;
		state = find_state();
	} while (changes != asked_after);
}

/*
 * Returns whether the tables are distributed.  Raises 55000 if the owner of the tables is not
 * allowed.
 */
bool
cluster_is_distributed(void)
{
	if (state == CLUSTER_UNKNOWN)
		refresh_map();
	return state == CLUSTER_PRESENT;
}

/* Returns the hash by which an organization belongs to a range, also on a single node. */
int32
cluster_hash_of(const pg_uuid_t *org_id)
{
	return DatumGetInt32(DirectFunctionCall1(uuid_hash, UUIDPGetDatum(org_id)));
}

/* Returns the number of the range that a hash belongs to. */
static int
find_range_of_hash(int32 hash)
{
	int			low = 0;
	int			high = range_count - 1;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (ranges[middle].highest < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Returns the number of the range that an organization belongs to. */
static int
find_range(const pg_uuid_t *org_id)
{
	return find_range_of_hash(cluster_hash_of(org_id));
}

/* Returns where the statements of the current call run.  Errors as for the above. */
ClusterPlace
cluster_place(void)
{
	pg_uuid_t	org_id;

	if (!cluster_is_distributed())
		return PLACE_UNDISTRIBUTED;
	if (!caller(&org_id))
		return PLACE_DIRECTORY;
	return task_shards->shards[find_range(&org_id)];
}

/* Returns whether this node has the rows of an organization.  Needs a distributed database. */
bool
cluster_is_here(const pg_uuid_t *org_id)
{
	AcceptInvalidationMessages();
	return !cluster_is_distributed() || ranges[find_range(org_id)].is_here;
}

/* Returns how many ranges of organizations there are: the shards of a table. */
int
cluster_range_count(void)
{
	return cluster_is_distributed() ? range_count : 0;
}

/* Sets the first and the last hash of the range that a hash belongs to.  Needs a distributed database. */
void
cluster_bounds_of(int32 hash, int32 *lowest, int32 *highest)
{
	int			range = find_range_of_hash(hash);

	*lowest = range == 0 ? PG_INT32_MIN : ranges[range - 1].highest + 1;
	*highest = ranges[range].highest;
}

/* Returns which of them an organization belongs to, from 0.  Needs a distributed database. */
int
cluster_range_of(const pg_uuid_t *org_id)
{
	return find_range(org_id);
}

/*
 * Sets the address of the node that has an organization, or would have it; *host is valid
 * until the map changes.  Returns false if the database is not distributed.
 */
bool
cluster_node_of(const pg_uuid_t *org_id, const char **host, int32 *port)
{
	const ClusterRange *range;

	AcceptInvalidationMessages();
	if (!cluster_is_distributed())
		return false;
	range = &ranges[find_range(org_id)];
	*host = range->host;
	*port = range->port;
	return range->host != NULL;
}

/*
 * Keeps the shards of an organization where they are until the transaction ends, and waits
 * while they are moved.  Ask where they are afterwards: only what is read after it includes
 * the move.
 */
void
cluster_hold(const pg_uuid_t *org_id)
{
	static SPIPlanPtr plan = NULL;
	Oid			type = INT8OID;
	OwnerSwitch saved;
	Datum		shard = Int64GetDatum(task_shards->shards[find_range(org_id)]);

	owner_enter(&saved, OWNER_TENANT);
	SPI_connect();
	if (plan == NULL)
	{
		SPIPlanPtr	made = SPI_prepare("SELECT pg_catalog.lock_shard_metadata(" CppAsString2(SHARE_LOCK) ", ARRAY[$1])", 1, &type);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare the lock of a shard");
		plan = made;
	}
	if (SPI_execute_plan(plan, &shard, NULL, true, 0) < 0)
		elog(ERROR, "could not lock a shard");
	SPI_finish();
	owner_leave(&saved);
}

/* Returns a table of the map, or NULL. */
static const ClusterTable *
find_table(const char *name, size_t length)
{
	int			low = 0;
	int			high = table_count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		const char *other = tables[middle].name;
		int			order = strncmp(name, other, length);

		if (order == 0 && other[length] == '\0')
			return &tables[middle];
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Returns whether each node of a cluster has a copy of a table; false on a single node. */
bool
cluster_table_is_everywhere(const char *name)
{
	const ClusterTable *table = cluster_is_distributed() ? find_table(name, strlen(name)) : NULL;

	return cluster_is_distributed() && (table == NULL || table->is_everywhere);
}

static bool
follows(const char *sql, const char *here, const char *words)
{
	size_t		length = strlen(words);

	return (size_t) (here - sql) >= length && strncmp(here - length, words, length) == 0;
}

/* Returns the length of the name of a table at a place in a statement, with its schema, or 0. */
static size_t
scan_name(const char *sql, size_t *schema)
{
	if (strncmp(sql, "taskcrm.", 8) == 0)
		*schema = 8;
	else if (strncmp(sql, "taskcrm_internal.", 17) == 0)
		*schema = 17;
	else
		return 0;
	return strspn(sql + *schema, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

/*
 * Returns whether a statement writes a table that every node has.  Citus must then write all
 * of its copies, so the statement names the table itself.
 */
static bool
writes_everywhere(const char *sql)
{
	size_t		schema;

	for (const char *c = strstr(sql, "taskcrm"); c != NULL; c = strstr(c + 1, "taskcrm"))
	{
		size_t		length = scan_name(c, &schema);
		const ClusterTable *table = length == 0 ? NULL : find_table(c + schema, length);

		if (table != NULL && table->is_everywhere &&
			(follows(sql, c, "INTO ") || follows(sql, c, "UPDATE ") || follows(sql, c, "DELETE FROM ")))
			return true;
	}
	return false;
}

/* Returns the shard of a table that a statement names, or 0 for the table itself. */
static int64
shard_at(const ClusterTable *table, ClusterPlace place, bool copies)
{
	if (table->is_everywhere)
		return copies ? table->shards[0] : 0;
	for (int i = 0; place > 0 && i < range_count; i++)
	{
		if (task_shards->shards[i] == place)
			return table->shards[i];
	}
	return 0;
}

/*
 * Returns a statement with the names of shards in place of those of tables.  sql: names each
 * table with its schema, in lower case; by_citus: set to true if Citus plans the statement.
 * The result is sql itself, or palloc'ed.
 */
char *
cluster_translate(const char *sql, ClusterPlace place, bool *by_citus)
{
	StringInfoData out;
	bool		copies;

	*by_citus = false;
	if (place == PLACE_UNDISTRIBUTED)
		return unconstify(char *, sql);
	*by_citus = writes_everywhere(sql);
	copies = !*by_citus;
	initStringInfo(&out);
	while (*sql != '\0')
	{
		size_t		schema = 0;
		size_t		length = scan_name(sql, &schema);
		const ClusterTable *table = length == 0 ? NULL : find_table(sql + schema, length);
		int64		shard = table == NULL ? 0 : shard_at(table, place, copies);

		appendBinaryStringInfo(&out, sql, (int) Max(schema + length, 1));
		if (shard != 0)
			appendStringInfo(&out, "_" INT64_FORMAT, shard);
		sql += Max(schema + length, 1);
	}
	return out.data;
}

/*
 * Returns the table that has the rows of the current call: a shard, or the table itself.
 * name: of a table.  Raises 55000 if it does not exist.
 */
Oid
cluster_shard_of(const char *name)
{
	ClusterPlace place = cluster_place();
	const ClusterTable *table = place > 0 ? find_table(name, strlen(name)) : NULL;
	int64		shard = table == NULL ? 0 : shard_at(table, place, true);

	return owner_require_table(shard == 0 ? name : psprintf("%s_" INT64_FORMAT, name, shard));
}

/*
 * Returns the name of the table that a shard belongs to, or its own name if it is none.  The
 * result is the name in the relation or in the map, valid until the map changes.
 */
const char *
cluster_table_name(Relation relation)
{
	const char *name = RelationGetRelationName(relation);
	const char *suffix = strrchr(name, '_');
	const ClusterTable *table;

	if (suffix == NULL || !cluster_is_distributed())
		return name;
	table = find_table(name, suffix - name);
	for (int i = 0; table != NULL && i < (table->is_everywhere ? 1 : range_count); i++)
	{
		if (strtoll(suffix + 1, NULL, 10) == table->shards[i])
			return table->name;
	}
	return name;
}

static SPIPlanPtr
prepare_call(void)
{
	static SPIPlanPtr plan = NULL;
	Oid			types[] = {UUIDOID, UUIDOID, BOOLOID, TEXTOID, BYTEAOID};

	if (plan == NULL)
	{
		/* Citus sends a call whose organization is a constant. */
		SPIPlanPtr	made = SPI_prepare_cursor(CALL_SQL, lengthof(types), types, CURSOR_OPT_CUSTOM_PLAN);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare a call on another node");
		plan = made;
	}
	return plan;
}

/*
 * Citus ends the transaction on the other node with the call if this is off.  A client could
 * set it so; a read saves the BEGIN and COMMIT.
 */
static void
set_transaction_block(bool read_only)
{
	(void) set_config_option("citus.function_opens_transaction_block", read_only ? "off" : "on", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Calls a function on the node that has the rows of an organization.  function: one of those
 * that tc_call_as() accepts; args: as it reads them; read_only: it does not write.  Returns
 * what it returned, palloc'ed.  Raises the errors of the function.
 */
bytea *
cluster_call(const pg_uuid_t *org_id, const pg_uuid_t *user_id, bool is_admin, const char *function,
			 bytea *args, bool read_only)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerSwitch saved;
	int			guc_level = NewGUCNestLevel();
	Datum		values[5] = {UUIDPGetDatum(org_id), UUIDPGetDatum(user_id), BoolGetDatum(is_admin),
	CStringGetTextDatum(function), PointerGetDatum(args)};
	MemoryContext spi;
	bytea	   *answer;

	owner_enter(&saved, OWNER_TENANT);
	set_transaction_block(read_only);
	SPI_connect();
	if (SPI_execute_plan(prepare_call(), values, NULL, read_only, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "a call on another node returned nothing");
	spi = MemoryContextSwitchTo(context);
	answer = DatumGetByteaPCopy(map_value(0, 1));
	MemoryContextSwitchTo(spi);
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
	owner_leave(&saved);
	return answer;
}
