/*
 * relation_watch.c
 *		Tells modules which relations have changed.
 *
 * The server has room for ten callbacks in a backend, itself needs three of them, and
 * Citus five.  So all modules share one.
 */
#include "postgres.h"

#include "utils/inval.h"

#include "db/relation_watch.h"

#define MAX_WATCHERS 8

static RelationWatcher watchers[MAX_WATCHERS];
static int	watcher_count = 0;

static void
tell_watchers(Datum arg, Oid relation)
{
	for (int i = 0; i < watcher_count; i++)
		watchers[i] (relation);
}

/* Registers a function for the changes of relations.  Called by _PG_init(). */
void
relation_watch(RelationWatcher watcher)
{
	if (watcher_count == MAX_WATCHERS)
		elog(ERROR, "too many modules watch relations");
	if (watcher_count == 0)
		CacheRegisterRelcacheCallback(tell_watchers, (Datum) 0);
	watchers[watcher_count++] = watcher;
}
