/*
 * relation_watch.h
 *		Tells modules which relations have changed.
 */
#ifndef TASKCRM_RELATION_WATCH_H
#define TASKCRM_RELATION_WATCH_H

/* Called with a relation, or with InvalidOid for all.  Must not raise an error. */
typedef void (*RelationWatcher) (Oid relation);

extern void relation_watch(RelationWatcher watcher);

#endif
