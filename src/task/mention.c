/*
 * mention.c
 *		Who is @mentioned in a comment.
 *
 * A mention is @ and a member's email, or the part of it before its own @ where no
 * other active member of the organization has the same; both ignoring the case of
 * ASCII letters.  An @ inside a word, as in an email that is only written down,
 * begins no mention.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "db/plan.h"
#include "task/mention.h"

/* $1 organization, $2 what stands behind the @s, in lower case. */
static KeptPlan find_plan = {
	.sql = "SELECT p.user_id FROM (SELECT u.id AS user_id,"
	" lower(u.email COLLATE pg_catalog.\"C\") AS email,"
	" lower(split_part(u.email, '@', 1) COLLATE pg_catalog.\"C\") AS local_part,"
	" count(*) OVER (PARTITION BY lower(split_part(u.email, '@', 1) COLLATE pg_catalog.\"C\")) AS namesakes"
	" FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id"
	" WHERE m.org_id = $1 AND m.is_active AND u.is_active) p"
	" WHERE p.email = ANY ($2) OR (p.namesakes = 1 AND p.local_part = ANY ($2)) ORDER BY p.user_id",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, TEXTARRAYOID}
};

/*
 * The foreign key would lock them as well, and raise where a membership has just
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

static bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c >= 0x80;
}

/* What an email may hold; of punctuation what is common in one. */
static bool
is_email(unsigned char c)
{
	return is_word(c) || c == '.' || c == '-' || c == '+' || c == '%' || c == '\'';
}

/* The end of what an @ at `start` may mention: an email or the part before its @. */
static const char *
token_end(const char *start)
{
	const char *end = start;
	bool		at = false;

	while (is_email((unsigned char) *end) ||
		   (*end == '@' && !at && end > start && is_email((unsigned char) end[1])))
	{
		at = at || *end == '@';
		end++;
	}
	/* Punctuation at the end is the sentence's. */
	while (end > start && !is_word((unsigned char) end[-1]))
		end--;
	return end;
}

/*
 * What stands behind the @s of a comment, in lower case (of ASCII), palloc'ed.
 * Returns how many; one for each @ at most.  Never raises, memory aside.
 */
int
mention_tokens(const char *comment, char ***tokens)
{
	int			size = 8;
	int			count = 0;

	*tokens = palloc(sizeof(char *) * size);
	for (const char *c = comment; *c != '\0'; c++)
	{
		const char *end;
		char	   *token;

		if (*c != '@' || (c > comment && is_email((unsigned char) c[-1])))
			continue;
		end = token_end(c + 1);
		if (end == c + 1)
			continue;
		if (count == size)
		{
			size *= 2;
			*tokens = repalloc(*tokens, sizeof(char *) * size);
		}
		token = pnstrdup(c + 1, end - (c + 1));
		for (char *t = token; *t != '\0'; t++)
		{
			if (*t >= 'A' && *t <= 'Z')
				*t += 'a' - 'A';
		}
		(*tokens)[count++] = token;
		c = end - 1;
	}
	return count;
}

/* The first column of the last result, of type uuid, as an array. */
static ArrayType *
ids_of_rows(void)
{
	Datum	   *ids = palloc(sizeof(Datum) * (SPI_processed + 1));
	bool		isnull;

	for (uint64 row = 0; row < SPI_processed; row++)
		ids[row] = plan_value(row, 1, &isnull);
	return uuid_array(ids, (int) SPI_processed);
}

/*
 * The users that a comment mentions, each once, as uuid[]; their memberships are
 * locked against going away.  Needs an API call in progress.
 */
ArrayType *
mention_find(const Identity *identity, const char *comment)
{
	char	  **tokens;
	int			count = mention_tokens(comment, &tokens);
	Datum	   *texts;
	Datum		values[2];
	OwnerSwitch saved;

	if (count == 0)
		return uuid_array(NULL, 0);
	texts = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
		texts[i] = CStringGetTextDatum(tokens[i]);
	values[0] = UUIDPGetDatum(&identity->org_id);
	values[1] = PointerGetDatum(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
	plan_run(&find_plan, values, NULL, false);
	if (SPI_processed == 0)
		return uuid_array(NULL, 0);

	values[1] = PointerGetDatum(ids_of_rows());
	owner_enter(&saved, OWNER_BOOKKEEPING);
	plan_run(&lock_plan, values, NULL, false);
	owner_leave(&saved);
	return ids_of_rows();
}
