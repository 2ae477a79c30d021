/*
 * mention.c
 *		Who is @mentioned in a comment.
 *
 * A mention is @ and a member's email, or the part of it before its own @ where no
 * other active member of the organization has the same; both ignoring the case of
 * ASCII letters.  An @ right behind a letter or digit, as in an email that is only
 * written down, begins no mention.  Where a text goes on behind a mention without a
 * space (@amy's, @amy.Then), the longest part that is somebody counts.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "db/plan.h"
#include "task/mention.h"

/*
 * $1 organization, $2 what may be meant, in lower case, $3 by which mention.
 *
 * Members are first cut down to those that may be meant, and then joined by each of the
 * two conditions alone: with both in one the join is a nested loop, which for a comment
 * that is nothing but mentions takes seconds in an organization of thousands.
 */
static KeptPlan find_plan = {
	.sql = "WITH k AS (SELECT k.token, k.n FROM unnest($2, $3) k (token, n)),"
	" p AS (SELECT q.user_id, q.email, q.local_part, count(*) OVER (PARTITION BY q.local_part) AS namesakes"
	" FROM (SELECT u.id AS user_id, lower(u.email COLLATE pg_catalog.\"C\") AS email,"
	" lower(split_part(u.email, '@', 1) COLLATE pg_catalog.\"C\") AS local_part"
	" FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id"
	" WHERE m.org_id = $1 AND m.is_active AND u.is_active) q"
	" WHERE q.email IN (SELECT k.token FROM k) OR q.local_part IN (SELECT k.token FROM k))"
	" SELECT DISTINCT f.user_id FROM (SELECT DISTINCT ON (c.n) c.user_id FROM"
	" (SELECT k.n, k.token, p.user_id FROM k JOIN p ON p.email = k.token"
	" UNION ALL SELECT k.n, k.token, p.user_id FROM k JOIN p ON p.local_part = k.token AND p.namesakes = 1) c"
	" ORDER BY c.n, length(c.token) DESC) f",
	.mode = OWNER_TENANT,
	.nargs = 3,
	.argtypes = {UUIDOID, TEXTARRAYOID, INT4ARRAYOID}
};

/*
 * The foreign key would lock them as well, but raise where a membership has just
 * gone.  In OWNER_BOOKKEEPING, as foreign keys are, because locking asks for the
 * policies on UPDATE, which let admins through only.
 */
static KeptPlan lock_plan = {
	.sql = "SELECT m.user_id FROM taskcrm.member m"
	" WHERE m.org_id = $1 AND m.user_id = ANY ($2) AND m.is_active ORDER BY m.user_id FOR KEY SHARE",
	.mode = OWNER_BOOKKEEPING,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDARRAYOID}
};

/* An email that is longer is refused by the table: a longer text is nobody's. */
#define MAX_EMAIL 254

/* What the mentions of a comment may mean: the tokens of one have its number. */
typedef struct MentionTokens
{
	int			count;
	int			size;
	Datum	   *tokens;			/* text */
	Datum	   *numbers;		/* integer */
} MentionTokens;

/*
 * Whether a character belongs to words.  In UTF-8 those of two bytes do, which are
 * letters from U+00C0 to U+07FF, and those of Indic and like scripts; not the signs
 * below U+00C0, nor general punctuation and the scripts written without spaces.
 */
static bool
is_word(const char *c)
{
	unsigned char byte = (unsigned char) *c;

	if (byte < 0x80)
		return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
			(byte >= '0' && byte <= '9') || byte == '_';
	return GetDatabaseEncoding() != PG_UTF8 || (byte >= 0xC3 && byte <= 0xE1);
}

/* Punctuation that is common inside an email. */
static bool
is_joint(char c)
{
	return c != '\0' && strchr(".-+%'", c) != NULL;
}

static const char *
next(const char *c)
{
	return c + pg_mblen(c);
}

static void
add_token(MentionTokens *tokens, const char *start, const char *end, int number)
{
	char	   *token;

	/* A comment of joints and words has many beginnings, each as long as all before. */
	if (end - start > (ptrdiff_t) MAX_EMAIL * MAX_MULTIBYTE_CHAR_LEN ||
		pg_mbstrlen_with_len(start, (int) (end - start)) > MAX_EMAIL)
		return;
	token = pnstrdup(start, end - start);
	for (char *t = token; *t != '\0'; t++)
	{
		if (*t >= 'A' && *t <= 'Z')
			*t += 'a' - 'A';
	}
	if (tokens->count == tokens->size)
	{
		tokens->size *= 2;
		tokens->tokens = repalloc(tokens->tokens, sizeof(Datum) * tokens->size);
		tokens->numbers = repalloc(tokens->numbers, sizeof(Datum) * tokens->size);
	}
	tokens->tokens[tokens->count] = CStringGetTextDatum(token);
	pfree(token);
	tokens->numbers[tokens->count++] = Int32GetDatum(number);
}

/*
 * Reads what stands behind one @: each beginning of it that ends with a word, before
 * a joint, an @ or its end.  Returns where it ends.
 */
static const char *
read_mention(MentionTokens *tokens, const char *start, int number)
{
	const char *c = start;
	int			count_before = tokens->count;
	bool		at = false;

	while (is_word(c) || (c > start && is_joint(*c)) || (c > start && *c == '@' && !at && is_word(c + 1)))
	{
		const char *after = next(c);

		at = at || *c == '@';
		/* Of an email the whole counts, and not whoever has a part of it. */
		if (at && (*c == '@' || !is_word(after)) && !is_joint(*c))
			tokens->count = count_before;
		if (is_word(c) && !is_word(after))
			add_token(tokens, start, after, number);
		c = after;
	}
	return c;
}

static void
read_mentions(MentionTokens *tokens, const char *comment)
{
	bool		in_word = false;
	int			number = 0;

	tokens->count = 0;
	tokens->size = 8;
	tokens->tokens = palloc(sizeof(Datum) * tokens->size);
	tokens->numbers = palloc(sizeof(Datum) * tokens->size);
	for (const char *c = comment; *c != '\0';)
	{
		if (*c == '@' && !in_word)
		{
			c = read_mention(tokens, c + 1, number++);
			in_word = false;
		}
		else
		{
			in_word = is_word(c);
			c = next(c);
		}
	}
}

/* The first column of the last result, of type uuid, as an array. */
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
 * The users that a comment mentions, each once, as uuid[].  Needs an API call in
 * progress.
 */
ArrayType *
mention_find(const Identity *identity, const char *comment)
{
	MentionTokens tokens;
	Datum		values[3];

	read_mentions(&tokens, comment);
	if (tokens.count == 0)
		return tc_uuid_array(NULL, 0);
	values[0] = UUIDPGetDatum(&identity->org_id);
	values[1] = PointerGetDatum(construct_array(tokens.tokens, tokens.count, TEXTOID, -1, false, TYPALIGN_INT));
	values[2] = PointerGetDatum(construct_array(tokens.numbers, tokens.count, INT4OID,
												sizeof(int32), true, TYPALIGN_INT));
	plan_run(&find_plan, values, NULL, false);
	return ids_of_rows();
}

/*
 * Locks the memberships of users against going away, and returns those that are there
 * still, as uuid[].  A removal of one must not wait for whoever waits for it: so this
 * comes after the locks on the comment, its task and its mentions.  users: uuid[].  Needs
 * an API call in progress.
 */
ArrayType *
mention_hold(const Identity *identity, ArrayType *users)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), PointerGetDatum(users)};
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	plan_run(&lock_plan, values, NULL, false);
	owner_leave(&saved);
	return ids_of_rows();
}
