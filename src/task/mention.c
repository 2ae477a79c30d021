/*
 * mention.c
 *		Finds the users who are @mentioned in a text.
 *
 * mention_scan.c defines what a mention is and lists its possible spellings.  A spelling
 * matches a member if it is the email of an active member, or the part of it before the
 * @; case is ignored in the same way as in searches.  The longest spelling of a mention
 * that matches a member decides; shorter ones are ignored.  If exactly one member matches
 * in the same case, that member is mentioned; if none does, but exactly one matches in
 * another case, that one is; otherwise nobody is.  So members with the same local part
 * must be mentioned by email.
 *
 * mention_find() takes an organization and a text in the database encoding, from an API
 * function or a trigger for direct DML, and returns the users.  If the text has a
 * mention, it runs one statement, which reads the members of the organization.  Call
 * mention_hold() before storing them; it locks those whose membership still exists.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"

#include "base/character.h"
#include "base/compat.h"
#include "db/plan.h"
#include "search/search_casefold.h"
#include "task/mention.h"
#include "task/mention_scan.h"

/*
 * $1 organization.  In OWNER_BOOKKEEPING mode, because direct DML on comments may come
 * from a role that is no user for the policies.
 */
static KeptPlan members_plan = BOOKKEEPING_PLAN(
	"SELECT u.id, u.email FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id"
	" WHERE m.org_id = $1 AND m.is_active AND u.is_active",
	1, UUIDOID);

/*
 * The foreign key would lock them too, but raise an error if a membership has just been
 * deleted.  In OWNER_BOOKKEEPING mode, like foreign keys, because locking applies the
 * policies on UPDATE, which pass only admins.
 */
static KeptPlan lock_plan = BOOKKEEPING_PLAN(
	"SELECT m.user_id FROM taskcrm.member m"
	" WHERE m.org_id = $1 AND m.user_id = ANY ($2) AND m.is_active ORDER BY m.user_id FOR KEY SHARE",
	2, UUIDOID, UUIDARRAYOID);

/* Code points, compared one by one. */
typedef struct SpellingKey
{
	/* For the hash table's entries, and named by simplehash.h; so are those below. */
	/* cppcheck-suppress unusedStructMember */
	const uint32 *codes;
	/* cppcheck-suppress unusedStructMember */
	int			length;
} SpellingKey;

/* A spelling in the text. */
typedef struct SpelledEntry
{
	/* cppcheck-suppress unusedStructMember */
	SpellingKey key;
	uint32		hash;
	/* cppcheck-suppress unusedStructMember */
	char		status;
	int			members;		/* its number among SpellingTable.members */
} SpelledEntry;

#define SH_PREFIX spelled
#define SH_ELEMENT_TYPE SpelledEntry
#define SH_KEY_TYPE SpellingKey
#define SH_KEY key
#define SH_HASH_KEY(table, spelling) \
	hash_bytes((const unsigned char *) (spelling).codes, (spelling).length * (int) sizeof(uint32))
#define SH_EQUAL(table, a, b) \
	((a).length == (b).length && memcmp((a).codes, (b).codes, sizeof(uint32) * (a).length) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* The number of members that match a spelling, and one of them. */
typedef struct SpelledBy
{
	int			count;
	pg_uuid_t	user_id;
} SpelledBy;

/* The spellings of a text, either as written or case-folded. */
typedef struct SpellingTable
{
	spelled_hash *entries;
	SpelledBy  *members;		/* one for each entry */
	int		   *of_spelling;	/* maps the spellings of the scan to entries */
} SpellingTable;

static uint32 *
fold_codes(const uint32 *codes, int length)
{
	uint32	   *folded = palloc(sizeof(uint32) * (length + 1));

	for (int i = 0; i < length; i++)
		folded[i] = fold_character(codes[i]);
	return folded;
}

/* codes: of the text; the table keeps using them. */
static void
build_table(SpellingTable *table, const MentionScan *scan, const uint32 *codes)
{
	int			count = 0;

	table->entries = spelled_create(CurrentMemoryContext, (uint32) scan->count, NULL);
	table->members = palloc0(sizeof(SpelledBy) * scan->count);
	table->of_spelling = palloc(sizeof(int) * scan->count);
	for (int i = 0; i < scan->count; i++)
	{
		SpellingKey key = {codes + scan->spellings[i].start, scan->spellings[i].length};
		bool		found;
		SpelledEntry *entry = spelled_insert(table->entries, key, &found);

		if (!found)
			entry->members = count++;
		table->of_spelling[i] = entry->members;
	}
}

static void
count_member(SpellingTable *table, const uint32 *codes, int length, const pg_uuid_t *user_id)
{
	SpellingKey key = {codes, length};
	SpelledEntry *entry = spelled_lookup(table->entries, key);
	SpelledBy  *members;

	if (entry == NULL)
		return;
	members = &table->members[entry->members];
	members->count++;
	members->user_id = *user_id;
}

/* Looks up both spellings of a member: the local part, and the whole email. */
static void
count_email(SpellingTable *exact, SpellingTable *folded, text *email, const pg_uuid_t *user_id)
{
	int			length;
	uint32	   *codes = code_points(VARDATA_ANY(email), VARSIZE_ANY_EXHDR(email), &length);
	uint32	   *folds = fold_codes(codes, length);
	int			local = 0;

	while (local < length && codes[local] != '@')
		local++;
	count_member(exact, codes, local, user_id);
	count_member(exact, codes, length, user_id);
	count_member(folded, folds, local, user_id);
	count_member(folded, folds, length, user_id);
	pfree(codes);
	pfree(folds);
}

static void
count_members(SpellingTable *exact, SpellingTable *folded, const pg_uuid_t *org_id)
{
	Datum		values[1] = {UUIDPGetDatum(org_id)};
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	plan_run(&members_plan, values, NULL, false);
	owner_leave(&saved);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		pg_uuid_t  *user_id = DatumGetUUIDP(plan_value(row, 1, &isnull));

		CHECK_FOR_INTERRUPTS();
		count_email(exact, folded, DatumGetTextPP(plan_value(row, 2, &isnull)), user_id);
	}
}

/*
 * Returns the user meant by the mention with the spellings from first to last, or NULL.
 * end: set to the position after the deciding spelling, if there is one.
 */
static const pg_uuid_t *
resolve_mentions(const MentionScan *scan, const SpellingTable *exact, const SpellingTable *folded,
				 int first, int last, int *end)
{
	for (int i = last; i >= first; i--)
	{
		const SpelledBy *alike = &folded->members[folded->of_spelling[i]];
		const SpelledBy *same = &exact->members[exact->of_spelling[i]];

		if (alike->count == 0)
			continue;
		*end = scan->spellings[i].start + scan->spellings[i].length;
		if (same->count == 1)
			return &same->user_id;
		return same->count == 0 && alike->count == 1 ? &alike->user_id : NULL;
	}
	return NULL;
}

static int
compare_user_ids(const void *a, const void *b)
{
	return memcmp(DatumGetUUIDP(*(const Datum *) a), DatumGetUUIDP(*(const Datum *) b), UUID_LEN);
}

/* Returns the users without duplicates, ordered by id, as uuid[]. */
static ArrayType *
distinct_ids(Datum *ids, int count)
{
	int			kept = 0;

	qsort(ids, count, sizeof(Datum), compare_user_ids);
	for (int i = 0; i < count; i++)
	{
		if (kept == 0 || compare_user_ids(&ids[i], &ids[kept - 1]) != 0)
			ids[kept++] = ids[i];
	}
	return tc_uuid_array(ids, kept);
}

static ArrayType *
resolve_all(const MentionScan *scan, const SpellingTable *exact, const SpellingTable *folded)
{
	Datum	   *ids = palloc(sizeof(Datum) * scan->count);
	int			count = 0;
	int			end = 0;

	for (int first = 0, last; first < scan->count; first = last + 1)
	{
		const pg_uuid_t *user_id = NULL;

		last = first;
		while (last + 1 < scan->count && scan->spellings[last + 1].start == scan->spellings[first].start)
			last++;
		/* Skip a mention inside an email that was mentioned. */
		if (scan->spellings[first].start >= end)
			user_id = resolve_mentions(scan, exact, folded, first, last, &end);
		if (user_id != NULL)
			ids[count++] = UUIDPGetDatum(user_id);
	}
	return distinct_ids(ids, count);
}

/*
 * Returns the users that a text mentions, without duplicates, as uuid[].  text: in the
 * database encoding.  Needs SPI connected; overwrites the last result of SPI.  Raises no
 * error because of the text.
 */
ArrayType *
mention_find(const pg_uuid_t *org_id, const char *text)
{
	int			length;
	uint32	   *codes;
	MentionScan scan;
	SpellingTable exact;
	SpellingTable folded;

	if (strchr(text, '@') == NULL)
		return tc_uuid_array(NULL, 0);
	codes = code_points(text, (int) strlen(text), &length);
	mention_scan(&scan, codes, length);
	if (scan.count == 0)
		return tc_uuid_array(NULL, 0);
	build_table(&exact, &scan, codes);
	build_table(&folded, &scan, fold_codes(codes, length));
	count_members(&exact, &folded, org_id);
	return resolve_all(&scan, &exact, &folded);
}

/* Returns the first column of the last result, of type uuid, as an array. */
static ArrayType *
ids_of_rows(void)
{
	Datum	   *ids = palloc(sizeof(Datum) * (SPI_processed + 1));
	bool		isnull;

	for (uint64 row = 0; row < SPI_processed; row++)
		ids[row] = plan_value(row, 1, &isnull);
	return tc_uuid_array(ids, (int) SPI_processed);
}

/*
 * Locks the memberships of users against deletion, and returns those that still exist, as
 * uuid[].  A transaction that removes one must not have to wait for a lock of this
 * transaction while this waits for it, so call it after locking the comment, its task and
 * its mentions. users: uuid[].  Needs a call in progress.
 */
ArrayType *
mention_hold(const pg_uuid_t *org_id, ArrayType *users)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), PointerGetDatum(users)};
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	plan_run(&lock_plan, values, NULL, false);
	owner_leave(&saved);
	return ids_of_rows();
}
