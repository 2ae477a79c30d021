/*
 * event_sync.c
 *		Keeps a copy of an organization's data in step.
 *
 * A copy begins with a load: all rows, page by page, in the order of their ids.  Its token has
 * the snapshot of the first page.  After the load, each step reads the events that this
 * snapshot does not see, and answers with the present state of what they are about.  So a
 * change that is committed late is not lost, and a page may be applied twice and in any order.
 *
 * Every statement of a call uses the snapshot of the caller's statement.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/id_set.h"
#include "base/settings.h"
#include "db/plan.h"
#include "event/event_feed.h"
#include "event/event_filter.h"
#include "event/event_generation.h"
#include "event/event_purge.h"
#include "event/event_sync.h"
#include "task/attachment.h"
#include "task/comment.h"
#include "task/directory_kind.h"
#include "task/list_filter_spec.h"
#include "task/task_json.h"
#include "task/view_store.h"
#include "wire/json_read.h"

#define DEFAULT_LIMIT 500

/* $1 organization, $2 the id before, $3 limit. */
#define IDS_PLAN(table, column) \
	TENANT_PLAN("SELECT t." column " FROM taskcrm." table " t WHERE t.org_id = $1 AND t." column " > $2" \
				" ORDER BY t." column " LIMIT $3", \
				3, UUIDOID, UUIDOID, INT8OID)

/* The rows of the directory with any of the ids $2. */
static KeptPlan directory_rows[DIRECTORY_NOUNS];

/* What can be copied, in the order of the answer. */
static struct
{
	const char *key;
	const char *noun;			/* in the types of events */
	KeptPlan	ids;
	DirectoryNoun directory;	/* or DIRECTORY_NONE */
	Timeline   *timeline;		/* or NULL */
}			resources[] = {
	{.key = "tasks", .noun = "task", .ids = IDS_PLAN("task", "id")},
	{.key = "comments", .noun = "comment", .ids = IDS_PLAN("task_comment", "id"), .timeline = &comment_timeline},
	{.key = "attachments", .noun = "attachment", .ids = IDS_PLAN("task_attachment", "id"), .timeline = &attachment_timeline},
	{.key = "accounts", .noun = "account", .ids = IDS_PLAN("account", "id"), .directory = DIRECTORY_ACCOUNT},
	{.key = "contacts", .noun = "contact", .ids = IDS_PLAN("contact", "id"), .directory = DIRECTORY_CONTACT},
	{.key = "teams", .noun = "team", .ids = IDS_PLAN("team", "id"), .directory = DIRECTORY_TEAM},
	{.key = "members", .noun = "member", .ids = IDS_PLAN("member", "user_id"), .directory = DIRECTORY_MEMBER},
	{.key = "views", .noun = "view", .directory = DIRECTORY_VIEW, .ids = TENANT_PLAN(
			"SELECT t.id FROM taskcrm_internal.task_view t WHERE t.org_id = $1 AND t.id > $2 AND " VIEW_IS_VISIBLE " ORDER BY t.id LIMIT $3",
			3, UUIDOID, UUIDOID, INT8OID)},
};

#define RESOURCES ((int) lengthof(resources))
#define TASKS 0
#define TEAMS 5
#define VIEWS 7

/* Who sees these depends on teams. */
static KeptPlan views_of_teams_plan = TENANT_PLAN(
	"SELECT t.id FROM taskcrm_internal.task_view t WHERE t.org_id = $1 AND t.shared_with = 'team'",
	1, UUIDOID);

/* What a call asks for. */
typedef struct SyncOptions
{
	bool		wanted[RESOURCES];
	int64		limit;
	Jsonb	   *filters;		/* of tasks, or NULL */
	bool		from_now;		/* a copy begins without the rows that there are */
} SyncOptions;

/* What a page has: ids by resource. */
typedef struct SyncPage
{
	int			count[RESOURCES];
	pg_uuid_t  *ids[RESOURCES];
	IdSet		shown[RESOURCES];	/* those that exist and pass the filters */
	IdSet		known_views;	/* of views: those that the caller may have seen before */
} SyncPage;

/* Returns the key of a resource, or NULL after the last one. */
const char *
event_sync_resource(int place)
{
	return place < RESOURCES ? resources[place].key : NULL;
}

/* --- options --- */

static int
find_resource(const JsonReadKey *key, const char *name)
{
	for (int i = 0; i < RESOURCES; i++)
	{
		if (strcmp(resources[i].key, name) == 0)
			return i;
	}
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("There is no resource \"%s\".", json_read_clip(name)),
					  "Valid resources are tasks, comments, attachments, accounts, contacts, teams, members and views.");
}

static void
read_resources(SyncOptions *options, const JsonReadKey *key, const JsonbValue *value)
{
	char	  **names;
	int			count = json_read_strings(key, value, &names);

	memset(options->wanted, 0, sizeof(options->wanted));
	for (int i = 0; i < count; i++)
		options->wanted[find_resource(key, names[i])] = true;
}

static void
read_from(SyncOptions *options, const JsonReadKey *key, const JsonbValue *value)
{
	if (value->type != jbvString || value->val.string.len != 3 || strncmp(value->val.string.val, "now", 3) != 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It is not \"now\".",
						  "Omit it to begin a copy with all rows.");
	options->from_now = true;
}

static void
read_option(void *state, const char *name, const JsonbValue *value)
{
	SyncOptions *options = state;
	JsonReadKey key = {.object = "options", .key = name};

	if (json_read_is_empty(value))
		return;
	if (strcmp(name, "resources") == 0)
		read_resources(options, &key, value);
	else if (strcmp(name, "limit") == 0)
		options->limit = json_read_integer_between(&key, value, 1, settings_max_limit);
	else if (strcmp(name, "from") == 0)
		read_from(options, &key, value);
	else if (strcmp(name, "filters") == 0)
		options->filters = event_filter_of_value(&key, value);
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in options", json_read_clip(name)),
				 errhint("Valid keys are resources, limit, filters and from.")));
}

static void
read_options(SyncOptions *options, Jsonb *json, const Identity *identity)
{
	JsonReadKey key = {.object = "options", .key = "filters"};

	memset(options, 0, sizeof(*options));
	memset(options->wanted, true, sizeof(options->wanted));
	options->limit = Min(DEFAULT_LIMIT, settings_max_limit);
	if (json != NULL)
		json_read_object(&json->root, "options", read_option, options);
	if (options->filters != NULL)
		event_filter_check(&key, options->filters, identity);
}

/* Returns a number for the present filters of the view that the filters name; 0 for none. */
static uint32
fingerprint_of_view(const SyncOptions *options, const Identity *identity)
{
	const char *name = list_filter_key(FILTER_VIEW);
	JsonbValue	value;
	pg_uuid_t	id;
	Jsonb	   *filters;

	if (options->filters == NULL ||
		getKeyJsonValueFromContainer(&options->filters->root, name, (int) strlen(name), &value) == NULL ||
		value.type != jbvString || !tc_uuid_parse(pnstrdup(value.val.string.val, value.val.string.len), &id))
		return 0;
	filters = view_store_filters(&identity->org_id, &id);
	return filters == NULL ? 0 : hash_bytes((const unsigned char *) filters, VARSIZE(filters));
}

/*
 * Identifies what is copied.  The limit may change from page to page; from says only how a copy
 * begins.  In the lower half is what others may change: the filters of a view.
 */
static uint64
fingerprint(const SyncOptions *options, const Identity *identity)
{
	uint32		hash = hash_bytes((const unsigned char *) options->wanted, sizeof(options->wanted));

	if (options->filters != NULL)
		hash = hash_combine(hash, hash_bytes((const unsigned char *) options->filters, VARSIZE(options->filters)));
	return (uint64) hash << 32 | fingerprint_of_view(options, identity);
}

/* --- tokens --- */

/* Begins a load. */
static void
begin_load(SyncToken *token, const Identity *identity, const SyncOptions *options)
{
	event_feed_begin(token, &identity->org_id, &identity->user_id);
	token->stage = options->from_now ? TOKEN_DONE : TOKEN_LOAD;
	token->options = fingerprint(options, identity);
}

/* On a cluster, each shard has generations of its own, which come with it when it moves. */
static bool
is_known_generation(const TokenSnapshot *seen)
{
	return !event_generation_is_ordered() ||
		event_generation_is(seen->generation, seen->system_identifier, seen->timeline);
}

/*
 * Reads the token of a copy.  Returns false if its events are not there any more, or if the view
 * in its filters is another one now, so that the copy must begin anew.  Raises 22023 for a token of another copy.
 */
static bool
read_token(SyncToken *token, const char *text, const Identity *identity, const SyncOptions *options)
{
	JsonReadKey key = {.object = "tc_sync()", .key = "token"};
	uint64		present = fingerprint(options, identity);

	if (!event_token_read(token, text) || token->resource >= RESOURCES)
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It is not a token.",
						  "Omit it to begin a copy, and continue with the token of the answer.");
	if (tc_uuid_compare(&token->org_id, &identity->org_id) != 0 || tc_uuid_compare(&token->user_id, &identity->user_id) != 0)
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It belongs to another user or organization.",
						  "Omit it to begin a copy.");
	if (token->options >> 32 != present >> 32)
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It belongs to a copy with other resources or filters.",
						  "Send the same options as before, or omit the token to begin a copy.");
	return token->options == present && is_known_generation(&token->seen) &&
		event_feed_has(&identity->org_id, &token->last_event) && event_purge_spares(token);
}

/* --- the rows of a page --- */

static void
build_directory_rows(KeptPlan *plan, StringInfo sql)
{
	const DirectoryKind *kind = &directory_kinds[plan - directory_rows];

	plan->nargs = 2;
	plan->argtypes[0] = UUIDOID;
	plan->argtypes[1] = UUIDARRAYOID;
	appendStringInfo(sql, "SELECT %s FROM %s WHERE t.org_id = $1 AND %s = ANY ($2)%s%s ORDER BY %s",
					 kind->select, kind->from, kind->id, kind->visible != NULL ? " AND " : "",
					 kind->visible != NULL ? kind->visible : "", kind->id);
}

/* Notes which rows the last statement has; their first column is the id. */
static void
note_shown(SyncPage *page, int resource)
{
	pg_uuid_t  *ids = palloc(sizeof(pg_uuid_t) * (SPI_processed + 1));
	bool		isnull;

	for (uint64 row = 0; row < SPI_processed; row++)
		ids[row] = *DatumGetUUIDP(plan_value(row, 1, &isnull));
	id_set_make(&page->shown[resource], ids, (int) SPI_processed);
}

static void
write_tasks(JsonWriter *out, const Identity *identity, const SyncOptions *options, SyncPage *page)
{
	PageRows	rows;
	pg_uuid_t  *shown;

	event_filter_read_tasks(&rows, options->filters, page->ids[TASKS], page->count[TASKS], identity);
	shown = palloc(sizeof(pg_uuid_t) * (rows.count + 1));
	for (uint64 row = 0; row < rows.count; row++)
	{
		bool		isnull;

		shown[row] = *DatumGetUUIDP(SPI_getbinval(rows.rows[row], rows.desc, 1, &isnull));
	}
	id_set_make(&page->shown[TASKS], shown, (int) rows.count);
	task_json_write(out, &identity->org_id, rows.rows, rows.desc, rows.count, 0);
}

static void
write_rows(JsonWriter *out, const Identity *identity, SyncPage *page, int resource)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id)};
	DirectoryNoun noun = resources[resource].directory;
	Timeline   *timeline = resources[resource].timeline;
	IdSet		ids;
	const IdSet none = {0};

	id_set_make(&ids, page->ids[resource], page->count[resource]);
	values[1] = PointerGetDatum(id_set_difference(&ids, &none));
	if (timeline == NULL && directory_rows[noun].build == NULL)
		directory_rows[noun] = (KeptPlan) {.mode = OWNER_TENANT, .build = build_directory_rows};
	plan_run(timeline != NULL ? &timeline->chosen : &directory_rows[noun], values, NULL, true);
	note_shown(page, resource);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		CHECK_FOR_INTERRUPTS();
		if (timeline != NULL)
		{
			timeline->write(out, row);
			continue;
		}
		json_write_open(out, '{');
		row_write_fields(out, directory_kinds[noun].schema, row);
		json_write_close(out, '}');
	}
}

/* Writes the present state of the rows of a page. */
static void
write_changed(JsonWriter *out, const Identity *identity, const SyncOptions *options, SyncPage *page)
{
	json_write_key(out, "changed");
	json_write_open(out, '{');
	for (int i = 0; i < RESOURCES; i++)
	{
		if (!options->wanted[i])
			continue;
		json_write_key(out, resources[i].key);
		json_write_open(out, '[');
		if (page->count[i] > 0 && i == TASKS)
			write_tasks(out, identity, options, page);
		else if (page->count[i] > 0)
			write_rows(out, identity, page, i);
		json_write_close(out, ']');
	}
	json_write_close(out, '}');
}

/* Writes the ids of the page's rows that are gone.  is_load: a copy that begins has none. */
static void
write_deleted(JsonWriter *out, const SyncOptions *options, const SyncPage *page, bool is_load)
{
	json_write_key(out, "deleted");
	json_write_open(out, '{');
	for (int i = 0; i < RESOURCES; i++)
	{
		if (!options->wanted[i])
			continue;
		json_write_key(out, resources[i].key);
		json_write_open(out, '[');
		for (int j = 0; !is_load && j < page->count[i]; j++)
		{
			if (id_set_position(&page->shown[i], &page->ids[i][j]) < 0 &&
				(i != VIEWS || id_set_position(&page->known_views, &page->ids[i][j]) >= 0))
				json_write_uuid(out, &page->ids[i][j]);
		}
		json_write_close(out, ']');
	}
	json_write_close(out, '}');
}

/* --- a page of a load --- */

/* Reads the ids of the next page, and moves the token behind it. */
static void
read_load_page(SyncPage *page, SyncToken *token, const Identity *identity, const SyncOptions *options)
{
	int64		left = options->limit;

	for (; token->resource < RESOURCES && left > 0; token->resource++, memset(&token->row, 0, sizeof(token->row)))
	{
		int			resource = token->resource;
		Datum		values[3] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(&token->row), Int64GetDatum(left)};
		bool		isnull;

		if (!options->wanted[resource])
			continue;
		plan_run(&resources[resource].ids, values, NULL, true);
		page->ids[resource] = palloc(sizeof(pg_uuid_t) * (SPI_processed + 1));
		page->count[resource] = (int) SPI_processed;
		for (uint64 row = 0; row < SPI_processed; row++)
			page->ids[resource][row] = *DatumGetUUIDP(plan_value(row, 1, &isnull));
		left -= (int64) SPI_processed;
		if (left > 0)
			continue;
		token->row = page->ids[resource][page->count[resource] - 1];
		return;
	}
	token->stage = TOKEN_DONE;
}

/* --- a page of a step --- */

/* Returns the resource that an event of a type is about, or -1. */
static int
resource_of(const char *type)
{
	size_t		length = strcspn(type, ".");

	for (int i = 0; i < RESOURCES; i++)
	{
		if (strlen(resources[i].noun) == length && strncmp(resources[i].noun, type, length) == 0)
			return i;
	}
	return -1;
}

/* Notes a row of a resource that is wanted, at most one for each event. */
static void
note_id(SyncPage *page, const SyncOptions *options, const FeedPage *events, int resource, const pg_uuid_t *id)
{
	if (resource < 0 || !options->wanted[resource])
		return;
	if (page->ids[resource] == NULL)
		page->ids[resource] = palloc(sizeof(pg_uuid_t) * events->count);
	page->ids[resource][page->count[resource]++] = *id;
}

/*
 * Notes the subjects of events.  A comment or a file may let its task pass the filters, or keep
 * it from passing.
 */
static void
note_subjects(SyncPage *page, const SyncOptions *options, const FeedPage *events)
{
	for (int i = 0; i < events->count; i++)
	{
		const FeedEvent *event = &events->events[i];
		int			resource = resource_of(event->type);

		note_id(page, options, events, resource, &event->subject_id);
		if (options->filters != NULL && event->has_task && resource != TASKS)
			note_id(page, options, events, TASKS, &event->task_id);
	}
	for (int i = 0; i < RESOURCES; i++)
	{
		IdSet		unique;

		if (page->count[i] == 0)
			continue;
		id_set_make(&unique, page->ids[i], page->count[i]);
		page->ids[i] = unique.ids;
		page->count[i] = unique.count;
	}
}

/* Adds ids to a set. */
static void
add_ids(IdSet *set, const IdSet *added)
{
	pg_uuid_t  *ids = palloc(sizeof(pg_uuid_t) * (set->count + added->count + 1));

	if (set->count > 0)
		memcpy(ids, set->ids, sizeof(pg_uuid_t) * set->count);
	memcpy(ids + set->count, added->ids, sizeof(pg_uuid_t) * added->count);
	id_set_make(set, ids, set->count + added->count);
}

/* Sets the views that are shared with teams. */
static void
find_views_of_teams(IdSet *views, const pg_uuid_t *org_id)
{
	Datum		values[1] = {UUIDPGetDatum(org_id)};
	pg_uuid_t  *ids;
	bool		isnull;

	plan_run(&views_of_teams_plan, values, NULL, true);
	ids = palloc(sizeof(pg_uuid_t) * (SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
		ids[row] = *DatumGetUUIDP(plan_value(row, 1, &isnull));
	id_set_make(views, ids, (int) SPI_processed);
}

static bool
has_team(const FeedPage *events)
{
	for (int i = 0; i < events->count; i++)
	{
		if (resource_of(events->events[i].type) == TEAMS)
			return true;
	}
	return false;
}

/*
 * Notes which views the caller may see, or see no more: after a change of a team, also those that are
 * shared with teams.  The ids of views that were never shared are for their owner alone.
 */
static void
note_views(SyncPage *page, const Identity *identity, const FeedPage *events)
{
	IdSet		views = {.ids = page->ids[VIEWS], .count = page->count[VIEWS]};
	IdSet		of_teams;

	event_filter_known_views(&page->known_views, &identity->org_id, events);
	if (!has_team(events))
		return;
	find_views_of_teams(&of_teams, &identity->org_id);
	add_ids(&views, &of_teams);
	add_ids(&page->known_views, &of_teams);
	page->ids[VIEWS] = views.ids;
	page->count[VIEWS] = views.count;
}

/* Reads the subjects of the next page of a step, and moves the token behind it. */
static void
read_step_page(SyncPage *page, SyncToken *token, const Identity *identity, const SyncOptions *options)
{
	FeedPage	events;

	if (!event_generation_is_ordered())
		event_feed_follow(token);
	event_feed_read(&events, token, options->limit);
	note_subjects(page, options, &events);
	if (options->wanted[VIEWS])
		note_views(page, identity, &events);
}

/*
 * Writes the next page of what has changed since a token.  token: NULL to begin a copy;
 * options: NULL for all.  Raises 22023.  Needs an API call in progress.
 */
void
event_sync_write(JsonWriter *out, const Identity *identity, const char *text, Jsonb *json)
{
	SyncOptions options;
	SyncToken	token;
	SyncPage	page = {0};
	bool		begins;
	bool		is_load;

	read_options(&options, json, identity);
	begins = text == NULL || !read_token(&token, text, identity, &options);
	if (begins)
		begin_load(&token, identity, &options);
	is_load = begins || token.stage == TOKEN_LOAD;
	if (token.stage == TOKEN_LOAD)
		read_load_page(&page, &token, identity, &options);
	else if (!begins)
		read_step_page(&page, &token, identity, &options);
	json_write_open(out, '{');
	json_write_key(out, "full");
	json_write_bool(out, begins);
	write_changed(out, identity, &options, &page);
	write_deleted(out, &options, &page, is_load);
	json_write_string_member(out, "token", event_token_write(&token));
	json_write_key(out, "more");
	json_write_bool(out, token.stage != TOKEN_DONE);
	json_write_close(out, '}');
}
