/*
 * directory_kind.c
 *		The kinds of rows in the directory of an organization: one table that drives how
 *		they are listed, read and written.
 *
 * Lists are ordered by code point, as everywhere, so that the order does not depend on a
 * locale.
 */
#include "postgres.h"

#include "task/directory_kind.h"
#include "task/event_row.h"
#include "task/member.h"
#include "task/people.h"
#include "task/task_bin.h"
#include "task/view_store.h"

#define BY_TEXT(expression) expression " COLLATE pg_catalog.\"C\""
/* The expression of the index contact_name_idx. */
#define LAST_NAME "COALESCE(t.last_name, ''::pg_catalog.text)"
#define EMAIL "COALESCE(t.email, ''::pg_catalog.text)"
#define CONTACT_TEXT "((((t.first_name || ' '::pg_catalog.text) || " LAST_NAME ") || ' '::pg_catalog.text) || " EMAIL ")"

static const RowField account_fields[] = {
	{"id", ROW_UUID, false, "The id of the account."},
	{"name", ROW_TEXT, false, "The name."}
};

static const RowField contact_fields[] = {
	{"id", ROW_UUID, false, "The id of the contact."},
	{"first_name", ROW_TEXT, false, "The first name."},
	{"last_name", ROW_TEXT, true, "The last name."},
	{"email", ROW_TEXT, true, "The email address."},
	{"account", ROW_UUID, true, "The id of the account that the contact belongs to."}
};

static const RowSchema account_schema = {"Account", "An account.", lengthof(account_fields), account_fields};
static const RowSchema contact_schema = {"Contact", "A contact.", lengthof(contact_fields), contact_fields};

static const DirectoryFilter account_filters[] = {
	{"search", DIRECTORY_TERM, "t.name OPERATOR(taskcrm.@~) $?", "Accounts whose name contains this, in any case.", NULL},
	{"ids", DIRECTORY_IDS, "t.id = ANY ($?)", "Accounts with any of these ids.", NULL},
	{.key = NULL}
};

static const DirectoryFilter contact_filters[] = {
	/*
	 * A term without a blank is in one of the columns.  Only that becomes a condition of the
	 * index under row-level security: || is not leakproof.
	 */
	{"search", DIRECTORY_TERM, "(t.first_name OPERATOR(taskcrm.@~) $? OR t.last_name OPERATOR(taskcrm.@~) $?"
		" OR t.email OPERATOR(taskcrm.@~) $?)",
	"Contacts whose first name, last name and email address, with blanks between them, contain this, in any case.",
	CONTACT_TEXT " OPERATOR(taskcrm.@~) $?"},
	{"account", DIRECTORY_IDS, "t.account_id = ANY ($?)", "Contacts of any of these accounts.", NULL},
	{"ids", DIRECTORY_IDS, "t.id = ANY ($?)", "Contacts with any of these ids.", NULL},
	{.key = NULL}
};

static const DirectoryFilter team_filters[] = {
	{"search", DIRECTORY_TERM, "t.name OPERATOR(taskcrm.@~) $?", "Teams whose name contains this, in any case.", NULL},
	{"user", DIRECTORY_USERS,
		"EXISTS (SELECT FROM taskcrm.team_member m WHERE m.org_id = $1 AND m.team_id = t.id AND m.user_id = ANY ($?))",
	"Teams that any of these users is in; @me is the caller.", NULL},
	{"ids", DIRECTORY_IDS, "t.id = ANY ($?)", "Teams with any of these ids.", NULL},
	{.key = NULL}
};

static const DirectoryFilter member_filters[] = {
	{"search", DIRECTORY_TERM, "((u.name || ' '::pg_catalog.text) || u.email) OPERATOR(taskcrm.@~) $?",
	"Members whose name and email address, with a blank between them, contain this, in any case.", NULL},
	{"role", DIRECTORY_ROLE, "t.role = $?", "Members with this role: admin or member.", NULL},
	{"is_active", DIRECTORY_FLAG, "t.is_active = $?", "Members who are active, or who are not.", NULL},
	{"team", DIRECTORY_IDS,
		"EXISTS (SELECT FROM taskcrm.team_member m WHERE m.org_id = $1 AND m.team_id = ANY ($?) AND m.user_id = t.user_id)",
	"Members who are in any of these teams.", NULL},
	{"ids", DIRECTORY_USERS, "t.user_id = ANY ($?)", "Members with any of these ids; @me is the caller.", NULL},
	{.key = NULL}
};

static const DirectoryFilter view_filters[] = {
	{"search", DIRECTORY_TERM, "t.name OPERATOR(taskcrm.@~) $?", "Views whose name contains this, in any case.", NULL},
	{"owner", DIRECTORY_USERS, "t.created_by = ANY ($?)", "Views that any of these users created; @me is the caller.", NULL},
	{"ids", DIRECTORY_IDS, "t.id = ANY ($?)", "Views with any of these ids.", NULL},
	{.key = NULL}
};

static const DirectoryFilter deleted_filters[] = {
	{"search", DIRECTORY_TERM, "t.title OPERATOR(taskcrm.@~) $?", "Deleted tasks whose title contains this, in any case.", NULL},
	{"deleted_by", DIRECTORY_USERS, "t.deleted_by = ANY ($?)", "Tasks that any of these users deleted; @me is the caller.", NULL},
	{"deleted_on__gte", DIRECTORY_SINCE, "t.deleted_on >= $?", "Tasks that were deleted on this day or later, or from this time on.", NULL},
	{"deleted_on__lte", DIRECTORY_UNTIL, "t.deleted_on <= $?", "Tasks that were deleted on this day or earlier, or up to this time.", NULL},
	{"ids", DIRECTORY_IDS, "t.id = ANY ($?)", "Deleted tasks with any of these ids.", NULL},
	{.key = NULL}
};

/*
 * The id of an event has the time at which it was written, which is not before the event; a
 * clock may have been set back by less than a day since.
 */
#define ID_OF_TIME \
	"pg_catalog.rpad(pg_catalog.lpad(pg_catalog.to_hex(GREATEST(pg_catalog.date_part('epoch', $?) * 1000 - 86400000, 0)" \
	"::pg_catalog.int8), 12, '0'), 32, '0')::pg_catalog.uuid"

static const DirectoryFilter event_filters[] = {
	{"actor", DIRECTORY_USERS, "t.actor = ANY ($?)", "What any of these users did; @me is the caller.", NULL},
	{"type", DIRECTORY_TYPES, "(t.type = ANY ($?) OR (pg_catalog.split_part(t.type, '.', 1) || '.*') = ANY ($?))",
	"Events of any of these types, such as task.created or comment.*.", NULL},
	{"task", DIRECTORY_IDS, "t.task_id = ANY ($?)", "Events of any of these tasks, their comments and files.", NULL},
	{"subject", DIRECTORY_IDS, "t.subject_id = ANY ($?)", "Events about what has any of these ids.", NULL},
	{"happened_on__gte", DIRECTORY_SINCE, "(t.happened_on >= $? AND t.id >= " ID_OF_TIME ")",
	"What happened on this day or later, or from this time on.", NULL},
	{"happened_on__lte", DIRECTORY_UNTIL, "t.happened_on <= $?", "What happened on this day or earlier, or up to this time.", NULL},
	{"ids", DIRECTORY_IDS, "t.id = ANY ($?)", "Events with any of these ids.", NULL},
	{.key = NULL}
};

static const DirectoryOrder named_orders[] = {
	{"name", BY_TEXT("t.name"), &field_text},
	{.key = NULL}
};

static const DirectoryOrder contact_orders[] = {
	{"first_name", BY_TEXT("t.first_name"), &field_text},
	{"last_name", BY_TEXT(LAST_NAME), &field_text},
	{"email", BY_TEXT(EMAIL), &field_text},
	{.key = NULL}
};

static const DirectoryOrder member_orders[] = {
	{"name", BY_TEXT("u.name"), &field_text},
	{"email", BY_TEXT("u.email"), &field_text},
	{"role", BY_TEXT("t.role"), &field_text},
	{.key = NULL}
};

static const DirectoryOrder deleted_orders[] = {
	{"deleted_on", "t.deleted_on", &field_timestamp},
	{"title", BY_TEXT("t.title"), &field_text},
	{.key = NULL}
};

/* Ids ascend with the time, and have an index. */
static const DirectoryOrder event_orders[] = {
	{"id", "t.id", &field_uuid},
	{.key = NULL}
};

static const DirectoryInput named_inputs[] = {
	{"name", true, 255},
	{.key = NULL}
};

static const DirectoryInput contact_inputs[] = {
	{"first_name", true, 255},
	{"last_name", false, 255},
	{"email", false, 254},
	{"account", false, 0},
	{.key = NULL}
};

const DirectoryKind directory_kinds[DIRECTORY_NOUNS] = {
	[DIRECTORY_ACCOUNT] = {
		.plural = "Accounts", .table = "account", .path = "../accounts/", .data = "account_data",
		.schema = &account_schema, .select = "t.id, t.name", .from = "taskcrm.account t", .id = "t.id",
		.filters = account_filters, .orders = named_orders, .ordering = "name", .inputs = named_inputs
	},
	[DIRECTORY_CONTACT] = {
		.plural = "Contacts", .table = "contact", .path = "../contacts/", .data = "contact_data",
		.schema = &contact_schema, .select = "t.id, t.first_name, t.last_name, t.email, t.account_id",
		.from = "taskcrm.contact t", .id = "t.id",
		.filters = contact_filters, .orders = contact_orders, .ordering = "first_name,last_name", .inputs = contact_inputs
	},
	[DIRECTORY_TEAM] = {
		.plural = "Teams", .table = "team", .path = "../teams/", .data = "team_data",
		.schema = &team_schema, .select = "t.id, t.name", .from = "taskcrm.team t", .id = "t.id",
		.filters = team_filters, .orders = named_orders, .ordering = "name", .inputs = named_inputs
	},
	[DIRECTORY_MEMBER] = {
		.plural = "Members", .table = "member", .path = "../users/",
		.schema = &member_schema, .select = "t.user_id, u.name, u.email, t.role, t.is_active",
		.from = "taskcrm.member t JOIN taskcrm.app_user u ON u.id = t.user_id", .id = "t.user_id",
		.filters = member_filters, .orders = member_orders, .ordering = "name"
	},
	[DIRECTORY_VIEW] = {
		.plural = "Views", .table = "task_view", .path = "../views/",
		.schema = &view_schema, .select = VIEW_COLUMNS, .from = "taskcrm_internal.task_view t", .visible = VIEW_IS_VISIBLE,
		.id = "t.id", .filters = view_filters, .orders = named_orders, .ordering = "name"
	},
	[DIRECTORY_DELETED] = {
		.plural = "Deleted tasks", .table = "deleted_task", .path = "deleted/",
		.schema = &deleted_schema, .select = DELETED_COLUMNS, .from = "taskcrm_internal.deleted_task t",
		.visible = DELETED_IS_VISIBLE, .id = "t.id", .filters = deleted_filters, .orders = deleted_orders,
		.ordering = "-deleted_on"
	},
	[DIRECTORY_EVENT] = {
		.plural = "Events", .table = "event", .path = "../organization/events/", .for_admins = true,
		.schema = &event_schema, .select = EVENT_ROW_COLUMNS("t"),
		.from = "taskcrm_internal.event t LEFT JOIN taskcrm.app_user u ON u.id = t.actor",
		.visible = EVENT_IS_VISIBLE("t"), .id = "t.id",
		.filters = event_filters, .orders = event_orders, .ordering = "-id"
	}
};

static int
count_filters(const DirectoryKind *kind)
{
	int			count = 0;

	while (kind->filters[count].key != NULL)
		count++;
	return count;
}

static int
count_inputs(const DirectoryKind *kind)
{
	int			count = 0;

	while (kind->inputs != NULL && kind->inputs[count].key != NULL)
		count++;
	return count;
}

/*
 * Checks that the table is complete, so that a mistake is an error when the library is
 * loaded, and not a crash later.
 */
void
directory_kinds_check(void)
{
	for (int noun = DIRECTORY_NONE + 1; noun < DIRECTORY_NOUNS; noun++)
	{
		const DirectoryKind *kind = &directory_kinds[noun];

		if (kind->plural == NULL || kind->table == NULL || kind->path == NULL || kind->schema == NULL ||
			kind->select == NULL || kind->from == NULL || kind->id == NULL || kind->ordering == NULL ||
			count_filters(kind) > DIRECTORY_MAX_FILTERS || count_inputs(kind) > DIRECTORY_MAX_INPUTS)
			elog(ERROR, "entry %d of directory_kinds is not complete", noun);
		for (int i = 0; kind->orders[i].key != NULL; i++)
		{
			if (!row_has_field(kind->schema, kind->orders[i].key))
				elog(ERROR, "\"%s\" is not shown for %s", kind->orders[i].key, kind->table);
		}
	}
}

static const char *
directory_order_key(const void *list, int field)
{
	return ((const DirectoryKind *) list)->orders[field].key;
}

/* Returns what lists of a kind can be ordered by. */
OrderKeys
directory_order_keys(const DirectoryKind *kind)
{
	OrderKeys	keys = {.plural = kind->plural, .list = kind, .key = directory_order_key};

	return keys;
}
