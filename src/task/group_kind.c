/*
 * group_kind.c
 *		What tasks can be grouped by.
 */
#include "postgres.h"

#include "task/group_kind.h"
#include "task/task_fields.h"

/* As in list_where_append_text(). */
#define DUE_VALUE \
	"CASE WHEN k.due_date IS NULL THEN 5 WHEN k.due_date > $! THEN 4 WHEN k.due_date > $? THEN 3" \
	" WHEN k.due_date = $? THEN 2 WHEN k.is_open THEN 0 ELSE 1 END"
#define PERIOD_VALUE \
	"pg_catalog.date_trunc($?, pg_catalog.timezone($!, k.created_on))::pg_catalog.date"

/* A user without a name is shown by email; nobody who is not a member is shown. */
#define USER_LABEL "(SELECT COALESCE(NULLIF(x.name, ''), x.email) FROM taskcrm.app_user x WHERE x.id = g.v)"
#define NAME_OF(table) "(SELECT x.name FROM taskcrm." table " x WHERE x.org_id = $1 AND x.id = g.v)"
#define CONTACT_LABEL \
	"(SELECT pg_catalog.concat_ws(' ', NULLIF(x.first_name, ''), NULLIF(x.last_name, ''))" \
	" FROM taskcrm.contact x WHERE x.org_id = $1 AND x.id = g.v)"

static const GroupKind group_kinds[] = {
	{.name = "status", .values = GROUP_LABELS, .filter = FILTER_STATUS, .labels = &label_status,
	.columns = "t.status AS v", .value = "k.v", .cast = "::pg_catalog.text", .counted = true},
	{.name = "priority", .values = GROUP_LABELS, .filter = FILTER_PRIORITY, .labels = &label_priority,
	.columns = "t.priority AS v", .value = "k.v", .cast = "::pg_catalog.text", .counted = true},
	{.name = "assigned_to", .values = GROUP_IDS, .filter = FILTER_ASSIGNED_TO, .links = TASK_ASSIGNED_TO,
	.value = "l.user_id", .label = USER_LABEL},
	{.name = "team", .values = GROUP_IDS, .filter = FILTER_TEAM, .links = TASK_TEAMS,
	.value = "l.team_id", .label = NAME_OF("team")},
	{.name = "account", .values = GROUP_IDS, .filter = FILTER_ACCOUNT,
	.columns = "t.account_id AS v", .value = "k.v", .label = NAME_OF("account")},
	{.name = "contact", .values = GROUP_IDS, .filter = FILTER_CONTACT, .links = TASK_CONTACTS,
	.value = "l.contact_id", .label = CONTACT_LABEL},
	{.name = "created_by", .values = GROUP_IDS, .filter = FILTER_CREATED_BY,
	.columns = "t.created_by AS v", .value = "k.v", .label = USER_LABEL},
	{.name = "due", .values = GROUP_DUE,
		.columns = "t.due_date, t.status <> 'Completed'::taskcrm.task_status AS is_open",
	.value = DUE_VALUE},
	{.name = "created", .values = GROUP_PERIODS, .columns = "t.created_on", .value = PERIOD_VALUE}
};

/* Its column is that of the field. */
static const GroupKind own_kind = {.values = GROUP_OWN, .value = "k.v"};

static const char *const period_names[PERIODS] = {
	[PERIOD_DAY] = "day", [PERIOD_WEEK] = "week", [PERIOD_MONTH] = "month"
};

/*
 * Finds what a name stands for, and sets kind and field.  Returns false if it is nothing.
 * Needs an API call in progress, because of columns that an administrator added.
 */
bool
group_kind_find(Grouping *grouping, const char *name)
{
	for (int i = 0; i < (int) lengthof(group_kinds); i++)
	{
		if (strcmp(group_kinds[i].name, name) == 0)
		{
			grouping->kind = &group_kinds[i];
			return true;
		}
	}
	for (int field = TASK_FIELDS; field < task_field_count; field++)
	{
		if (strcmp(task_fields[field].key, name) == 0)
		{
			grouping->kind = &own_kind;
			grouping->field = field;
			return true;
		}
	}
	return false;
}

/* Returns the names of all that tasks can be grouped by, palloc'ed. */
char *
group_kind_names(const char *separator)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(group_kinds); i++)
		appendStringInfo(&names, "%s%s", i == 0 ? "" : separator, group_kinds[i].name);
	for (int field = TASK_FIELDS; field < task_field_count; field++)
		appendStringInfo(&names, "%s%s", separator, task_fields[field].key);
	return names.data;
}

/* Returns a number that differs for other kinds and fields. */
uint32
group_kind_code(const Grouping *grouping)
{
	if (grouping->kind == &own_kind)
		return (uint32) lengthof(group_kinds) + (uint32) grouping->field;
	return (uint32) (grouping->kind - group_kinds);
}

/* Finds a period by its name.  Returns false if there is none. */
bool
group_period_find(GroupPeriod *period, const char *name)
{
	for (*period = 0; *period < PERIODS; (*period)++)
	{
		if (strcmp(period_names[*period], name) == 0)
			return true;
	}
	return false;
}

/* Returns the name of a period, as date_trunc() knows it. */
const char *
group_period_name(GroupPeriod period)
{
	return period_names[period];
}
