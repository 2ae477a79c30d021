/*
 * event_generation.c
 *		The cluster and the timeline whose transaction ids events carry.
 *
 * Transaction ids mean something in one cluster and on one timeline only.  So an event
 * carries a generation: a small number for both, which the table event_generation keeps.
 * A restored dump, an upgraded cluster and a promoted standby begin a new one.
 *
 * If the tables are distributed over several nodes, each with transaction ids of its own,
 * the generation is instead a hash of the shard of events, the cluster and the timeline: a move
 * makes a new table, on a node with other ids.  Such generations have no order; readers follow
 * from one to another by the clock (event_feed_follow()).
 */
#include "postgres.h"

#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"

#include "base/compat.h"
#include "db/cluster.h"
#include "db/owner.h"
#include "db/plan.h"
#include "event/event_generation.h"

static KeptPlan find_plan = BOOKKEEPING_PLAN(
	"SELECT g.generation FROM taskcrm_internal.event_generation g"
	" WHERE g.system_identifier OPERATOR(pg_catalog.=) $1 AND g.timeline OPERATOR(pg_catalog.=) $2",
	2, INT8OID, INT4OID);

/* Two transactions that begin the same generation wait for each other here, once. */
static KeptPlan begin_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.event_generation (generation, system_identifier, timeline)"
	" SELECT coalesce(pg_catalog.max(g.generation), 0) OPERATOR(pg_catalog.+) 1, $1, $2"
	" FROM taskcrm_internal.event_generation g ON CONFLICT DO NOTHING",
	2, INT8OID, INT4OID);

/* The generation of a cluster and a timeline, or the number that it will have. */
static KeptPlan number_plan = BOOKKEEPING_PLAN(
	"SELECT coalesce((SELECT g.generation FROM taskcrm_internal.event_generation g"
	" WHERE g.system_identifier OPERATOR(pg_catalog.=) $1 AND g.timeline OPERATOR(pg_catalog.=) $2),"
	" (SELECT pg_catalog.max(g.generation) OPERATOR(pg_catalog.+) 1 FROM taskcrm_internal.event_generation g), 1)",
	2, INT8OID, INT4OID);

/* The generation that was found last; 0 for none. */
static struct
{
	Oid			table;
	TimeLineID	timeline;
	int32		generation;
}			known;

/* The transaction that began a generation last: it may still be rolled back. */
static LocalTransactionId beginner = InvalidLocalTransactionId;

/* The generation of the current organization on a cluster.  A larger one must be possible. */
static int32
generation_of_shard(int64 system_identifier, int32 timeline)
{
	struct
	{
		int64		system_identifier;
		int32		timeline;
		Oid			shard;
	}			place = {system_identifier, timeline, cluster_shard_of("event")};

	return (int32) Max(1, hash_bytes((const unsigned char *) &place, sizeof(place)) & 0x3FFFFFFF);
}

/*
 * Returns the generation of events that are written now.  Begins it if this is the first
 * event of this cluster or timeline.  Needs SPI, in OWNER_BOOKKEEPING mode, and a
 * transaction that writes.
 */
int32
event_generation_writing(void)
{
	Oid			table = owner_require_table("event_generation");
	TimeLineID	timeline = GetWALInsertionTimeLine();
	Datum		values[2] = {Int64GetDatum((int64) GetSystemIdentifier()), Int32GetDatum((int32) timeline)};
	bool		isnull;

	if (cluster_is_distributed())
		return generation_of_shard((int64) GetSystemIdentifier(), (int32) timeline);
	if (known.generation > 0 && known.table == table && known.timeline == timeline)
		return known.generation;
	/* What is committed now, whatever the transaction's snapshot shows. */
	for (plan_run_newest(&find_plan, values); SPI_processed == 0; plan_run_newest(&find_plan, values))
	{
		plan_run_newest(&begin_plan, values);
		beginner = tc_proc_lxid(MyProc);
	}
	if (beginner == tc_proc_lxid(MyProc))
		return DatumGetInt32(plan_value(0, 1, &isnull));
	known.table = table;
	known.timeline = timeline;
	known.generation = DatumGetInt32(plan_value(0, 1, &isnull));
	return known.generation;
}

/* The timeline of the cluster, which may be a standby. */
static TimeLineID
present_timeline(void)
{
	TimeLineID	timeline;

	if (!RecoveryInProgress())
		return GetWALInsertionTimeLine();
	(void) GetXLogReplayRecPtr(&timeline);
	return timeline;
}

static int32
find_number(int64 system_identifier, int32 timeline)
{
	Datum		values[2] = {Int64GetDatum(system_identifier), Int32GetDatum(timeline)};
	OwnerSwitch saved;
	bool		isnull;
	int32		generation;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	plan_run(&number_plan, values, NULL, true);
	generation = DatumGetInt32(plan_value(0, 1, &isnull));
	owner_leave(&saved);
	return generation;
}

/*
 * Sets the generation of the transactions of now, which the next event begins if there is
 * none yet, and its cluster and timeline.  Needs an API call in progress.
 */
void
event_generation_reading(int32 *generation, int64 *system_identifier, int32 *timeline)
{
	*system_identifier = (int64) GetSystemIdentifier();
	*timeline = (int32) present_timeline();
	*generation = cluster_is_distributed() ? generation_of_shard(*system_identifier, *timeline) :
		find_number(*system_identifier, *timeline);
}

/*
 * Returns whether a generation is that of a cluster and a timeline; false for one that was
 * lost, as in a restore to an earlier time, and on a cluster for a shard that was moved.
 * Needs an API call in progress.
 */
bool
event_generation_is(int32 generation, int64 system_identifier, int32 timeline)
{
	if (cluster_is_distributed())
		return generation == generation_of_shard((int64) GetSystemIdentifier(), (int32) present_timeline());
	return find_number(system_identifier, timeline) == generation;
}

/* Returns whether a larger generation is a later one: not on a cluster. */
bool
event_generation_is_ordered(void)
{
	return !cluster_is_distributed();
}
