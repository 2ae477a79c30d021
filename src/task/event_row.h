/*
 * event_row.h
 *		An event, as clients see it.
 */
#ifndef TASKCRM_EVENT_ROW_H
#define TASKCRM_EVENT_ROW_H

#include "db/row.h"

/*
 * The names of what the ids in the changes of event e stand for; ids of what is gone, or
 * of users who are no members any more, have none.
 */
#define EVENT_NAMES(e) \
	"(SELECT coalesce(pg_catalog.jsonb_object_agg(x.id, x.name), '{}') FROM (" \
	"SELECT i.id, coalesce(u.name, k.name, a.name, pg_catalog.concat_ws(' ', c.first_name, c.last_name)) AS name" \
	" FROM (SELECT DISTINCT CASE WHEN v #>> '{}' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'" \
	" THEN (v #>> '{}')::pg_catalog.uuid END AS id" \
	" FROM pg_catalog.unnest(ARRAY['$.assigned_to.*[*]', '$.teams.*[*]', '$.contacts.*[*]', '$.members.*[*]', '$.account.*']::pg_catalog.jsonpath[]) p," \
	" LATERAL pg_catalog.jsonb_path_query(" e ".changes, p) v WHERE pg_catalog.jsonb_typeof(v) = 'string') i" \
	" LEFT JOIN taskcrm.app_user u ON u.id = i.id" \
	" LEFT JOIN taskcrm.team k ON k.org_id = $1 AND k.id = i.id" \
	" LEFT JOIN taskcrm.account a ON a.org_id = $1 AND a.id = i.id" \
	" LEFT JOIN taskcrm.contact c ON c.org_id = $1 AND c.id = i.id" \
	" WHERE u.id IS NOT NULL OR k.id IS NOT NULL OR a.id IS NOT NULL OR c.id IS NOT NULL) x)"

/* The columns of an object, over event e and app_user u, who did it; $1 is the organization. */
#define EVENT_ROW_COLUMNS(e) \
	e ".id, " e ".type, " e ".task_id, " e ".subject_id, " e ".version::pg_catalog.int8, " e ".actor, u.name, " e ".happened_on, " \
	e ".changes, " EVENT_NAMES(e)

/* Whether two users, expressions of type text, are in the same team. */
#define EVENT_TEAMMATES(one, other) \
	"EXISTS (SELECT FROM taskcrm.team_member o JOIN taskcrm.team_member m ON m.org_id = $1 AND m.team_id = o.team_id" \
	" WHERE o.org_id = $1 AND o.user_id = (" one ")::pg_catalog.uuid AND m.user_id = " other ")"

/* The owner of the view that event e is about, text, and with whom it was shared before, and after; NULL where it was not. */
#define EVENT_VIEW_OWNER(e) "coalesce(" e ".changes #>> '{owner,to}', " e ".changes #>> '{owner,from}')"
#define EVENT_SHARED_BEFORE(e) e ".changes #>> '{shared_with,from}'"
#define EVENT_SHARED_AFTER(e) e ".changes #>> '{shared_with,to}'"

/*
 * Whether the caller sees event e: that of a view only as somebody with whom it was shared before and
 * after, since it shows both states.
 */
#define EVENT_IS_VISIBLE(e) \
	"(" e ".type <> ALL ('{view.created,view.updated,view.deleted,view.restored}')" \
	" OR " EVENT_VIEW_OWNER(e) " = taskcrm.tc_current_user()::pg_catalog.text" \
	" OR (coalesce(" EVENT_SHARED_BEFORE(e) ", 'organization') <> 'me' AND coalesce(" EVENT_SHARED_AFTER(e) ", 'organization') <> 'me'" \
	" AND ('team' NOT IN (coalesce(" EVENT_SHARED_BEFORE(e) ", ''), coalesce(" EVENT_SHARED_AFTER(e) ", ''))" \
	" OR " EVENT_TEAMMATES(EVENT_VIEW_OWNER(e), "taskcrm.tc_current_user()") ")))"

extern const RowSchema event_schema;

#endif
