/*
 * cluster.h
 *		Where the rows of an organization are, if the tables are distributed.
 */
#ifndef TASKCRM_CLUSTER_H
#define TASKCRM_CLUSTER_H

#include "utils/relcache.h"

#include "base/uuid.h"

/*
 * Where a statement runs.  On a single node, and for tables that every node has, its names
 * are those that it was written with; otherwise the place is the shard of the table task.
 */
typedef int64 ClusterPlace;

#define PLACE_UNDISTRIBUTED ((ClusterPlace) 0)
#define PLACE_DIRECTORY ((ClusterPlace) -1)

typedef bool (*ClusterCaller) (pg_uuid_t *org_id);

extern void cluster_init(ClusterCaller find_caller);
extern bool cluster_is_distributed(void);
extern ClusterPlace cluster_place(void);
extern bool cluster_is_here(const pg_uuid_t *org_id);
extern int	cluster_range_count(void);
extern int32 cluster_hash_of(const pg_uuid_t *org_id);
extern void cluster_bounds_of(int32 hash, int32 *lowest, int32 *highest);
extern int	cluster_range_of(const pg_uuid_t *org_id);
extern bool cluster_node_of(const pg_uuid_t *org_id, const char **host, int32 *port);
extern bool cluster_table_is_everywhere(const char *table);
extern void cluster_hold(const pg_uuid_t *org_id);
extern char *cluster_translate(const char *sql, ClusterPlace place, bool *by_citus);
extern Oid	cluster_shard_of(const char *table);
extern const char *cluster_table_name(Relation relation);
extern bytea *cluster_call(const pg_uuid_t *org_id, const pg_uuid_t *user_id, bool is_admin,
						   const char *function, bytea *args, bool read_only);

#endif
