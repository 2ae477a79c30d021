/*
 * event_filter.h
 *		Filters of the tasks whose events are wanted.
 */
#ifndef TASKCRM_EVENT_FILTER_H
#define TASKCRM_EVENT_FILTER_H

#include "base/id_set.h"
#include "event/event_feed.h"
#include "identity/identity.h"
#include "task/list_page.h"
#include "wire/json_read.h"

extern Jsonb *event_filter_of_value(const JsonReadKey *key, const JsonbValue *value);
extern void event_filter_check(const JsonReadKey *key, Jsonb *filters, const Identity *identity);
extern void event_filter_read_tasks(PageRows *rows, Jsonb *filters, const pg_uuid_t *ids, int count, const Identity *identity);
extern void event_filter_drop_hidden(FeedPage *page, const pg_uuid_t *org_id);
extern void event_filter_known_views(IdSet *known, const pg_uuid_t *org_id, const FeedPage *page);

#endif
