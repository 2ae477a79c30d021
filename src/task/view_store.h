/*
 * view_store.h
 *		The rows of views, and who sees them.
 */
#ifndef TASKCRM_VIEW_STORE_H
#define TASKCRM_VIEW_STORE_H

#include "utils/jsonb.h"

#include "db/row.h"
#include "identity/identity.h"

/* The columns of an object, over taskcrm_internal.task_view t. */
#define VIEW_COLUMNS \
	"t.id, t.name, t.created_by, t.shared_with, t.filters, t.group_by, t.display, t.created_on, t.updated_on"

/* Whether the caller sees a view: the owner, the members of the owner's teams, or all. */
#define VIEW_IS_VISIBLE \
	"(t.created_by = taskcrm.tc_current_user() OR t.shared_with = 'organization' OR (t.shared_with = 'team'" \
	" AND EXISTS (SELECT FROM taskcrm.team_member o JOIN taskcrm.team_member m ON m.org_id = $1 AND m.team_id = o.team_id" \
	" WHERE o.org_id = $1 AND o.user_id = t.created_by AND m.user_id = taskcrm.tc_current_user())))"

/* What a caller may do with a view. */
typedef enum ViewAccess
{
	VIEW_HIDDEN,				/* there is none, as far as the caller knows */
	VIEW_READ,
	VIEW_WRITE
} ViewAccess;

/* The keys of a view that clients write, in the order of the table. */
typedef enum ViewKey
{
	VIEW_NAME,
	VIEW_SHARED_WITH,
	VIEW_FILTERS,
	VIEW_GROUP_BY,
	VIEW_DISPLAY,
	VIEW_KEYS
} ViewKey;

typedef struct ViewData
{
	bool		sent[VIEW_KEYS];
	NullableDatum values[VIEW_KEYS];	/* text, and jsonb for filters and display */
	bool		is_sent_back;	/* has keys that clients read and do not write */
} ViewData;

extern const RowSchema view_schema;

extern Jsonb *view_store_filters(const pg_uuid_t *org_id, const pg_uuid_t *id);
extern ViewAccess view_store_lock(JsonWriter *present, const Identity *identity, const pg_uuid_t *id);
extern void view_store_create(JsonWriter *out, const Identity *identity, const ViewData *data);
extern void view_store_update(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, const ViewData *data);
extern void view_store_delete(const Identity *identity, const pg_uuid_t *id);
extern int64 view_store_count_of_column(Datum column);

#endif
