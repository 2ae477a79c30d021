/*
 * mention_scan.c
 *		Where a text mentions somebody: the grammar of mentions.
 *
 *	mention	= "@" name
 *	name	= email / local
 *	email	= local "@" domain
 *	local	= a run of word characters, symbols, and of the punctuation that an email's
 *			  local part may have (RFC 5322, dot-atom: ! # $ % & ' * + - / = ? ^ _ ` { | } ~
 *			  and dots, not first and not last)
 *	domain	= a run of word characters, and of . - _ between them
 *	word characters = letters, numbers and combining marks of every script
 *
 * Of a name each of these beginnings is a spelling, and the longest spelling that is a
 * member's counts (see mention.c):
 *
 *	- of a local part each beginning that ends where a word ends or with punctuation, but
 *	  for a dot.  A word ends before anything but word characters; in scripts that are
 *	  written without spaces it may end behind each character.  It never ends before a
 *	  combining mark, nor before _ and more of the word, as in snake_case.
 *	- of an email the whole, and the beginnings that scripts without spaces allow.  Where
 *	  a name is an email, its local part alone is no spelling: it is somebody else's.
 *
 * So punctuation behind a mention is no part of it unless somebody's email has it, and
 * Markdown's emphasis is none either (_@amy_, **@amy**, @amy's, @amy...).
 *
 * An @ begins no mention
 *	- in code and in URLs (mention_text.c),
 *	- behind a word character, as in an email; behind _ and a word,
 *	- behind other punctuation that is attached to a word, or behind a script without
 *	  spaces, where a domain with a dot follows: that is an email, too.
 *
 * A second @ makes an email of a name if a word stands before it, or if the domain has a
 * dot.  In @amy/@bob it begins another mention.
 *
 * Bidirectional controls and other invisible characters end a name; before the @ and
 * right behind it they are passed over.  A zero width space is a space.
 *
 * The cost is linear in the length of the text; each mention has at most about
 * 2 * MENTION_MAX_LENGTH spellings.
 */
#include "postgres.h"

#include "task/mention_scan.h"

typedef struct Scanner
{
	MentionScan *scan;
	const uint32 *codes;
	const uint8 *kinds;
	int			length;
} Scanner;

static MentionKind
kind_at(const Scanner *scanner, int i)
{
	return i >= 0 && i < scanner->length ? (MentionKind) scanner->kinds[i] : MENTION_SPACE;
}

static bool
is_word(MentionKind kind)
{
	return kind >= MENTION_LETTER;
}

/* The kind of the text that a character, and the marks before it, are attached to. */
static MentionKind
base_kind(const Scanner *scanner, int i)
{
	while (kind_at(scanner, i) == MENTION_MARK)
		i--;
	/* A mark that is attached to nothing. */
	return is_word(kind_at(scanner, i)) ? kind_at(scanner, i) : MENTION_LETTER;
}

static bool
in_domain(const Scanner *scanner, int i)
{
	MentionKind kind = kind_at(scanner, i);

	if (kind == MENTION_DOT)
		return kind_at(scanner, i + 1) != MENTION_DOT;
	if (kind == MENTION_JOINT)
		return scanner->codes[i] == '-' || scanner->codes[i] == '_';
	return is_word(kind);
}

/*
 * Returns where the domain that begins at a character ends; the character's own position
 * if there is none.  has_dot: set.
 */
static int
domain_end(const Scanner *scanner, int start, bool *has_dot)
{
	int			end = start;

	*has_dot = false;
	if (!is_word(kind_at(scanner, start)))
		return start;
	while (in_domain(scanner, end))
		end++;
	while (!is_word(kind_at(scanner, end - 1)))
		end--;
	for (int i = start; i < end; i++)
		*has_dot = *has_dot || kind_at(scanner, i) == MENTION_DOT;
	return end;
}

/*
 * Returns whether a domain with a dot, and not a mention by email, begins at a character.
 */
static bool
is_mail_domain(const Scanner *scanner, int start)
{
	bool		has_dot;
	int			end = domain_end(scanner, start, &has_dot);

	return has_dot && kind_at(scanner, end) != MENTION_AT;
}

/* Returns whether an @ begins a mention, judging by the text before it. */
static bool
begins_mention(const Scanner *scanner, int at)
{
	int			i = at - 1;

	while (kind_at(scanner, i) == MENTION_INVISIBLE)
		i--;
	if (is_word(kind_at(scanner, i)))
		return base_kind(scanner, i) == MENTION_UNSPACED && !is_mail_domain(scanner, at + 1);
	if (kind_at(scanner, i) != MENTION_JOINT)
		return true;
	if (scanner->codes[i] == '_')
	{
		while (kind_at(scanner, i) == MENTION_JOINT && scanner->codes[i] == '_')
			i--;
		if (is_word(kind_at(scanner, i)) && base_kind(scanner, i) == MENTION_LETTER)
			return false;
	}
	while (kind_at(scanner, i) == MENTION_JOINT || kind_at(scanner, i) == MENTION_DOT)
		i--;
	return !is_word(kind_at(scanner, i)) || !is_mail_domain(scanner, at + 1);
}

static void
add_spelling(Scanner *scanner, int start, int end)
{
	MentionScan *scan = scanner->scan;

	if (end - start > MENTION_MAX_LENGTH)
		return;
	if (scan->count == scan->size)
	{
		scan->size = Max(2 * scan->size, 64);
		scan->spellings = scan->spellings == NULL ? palloc(sizeof(MentionSpelling) * scan->size) :
			repalloc(scan->spellings, sizeof(MentionSpelling) * scan->size);
	}
	scan->spellings[scan->count].start = start;
	scan->spellings[scan->count++].length = end - start;
}

/* Returns whether underscores begin at a character and are followed by more of a word. */
static bool
is_snake(const Scanner *scanner, int i)
{
	int			end = i;

	while (end - i <= MENTION_MAX_LENGTH && kind_at(scanner, end) == MENTION_JOINT && scanner->codes[end] == '_')
		end++;
	return end > i && is_word(kind_at(scanner, end));
}

/* Returns whether a spelling of a local part may end after a character. */
static bool
may_end(const Scanner *scanner, int i)
{
	MentionKind next = kind_at(scanner, i + 1);

	if (kind_at(scanner, i) == MENTION_DOT || next == MENTION_MARK)
		return false;
	if (kind_at(scanner, i) == MENTION_JOINT)
		return scanner->codes[i] != '_' || (!is_word(next) && !is_snake(scanner, i + 1));
	if (is_word(kind_at(scanner, i)) && base_kind(scanner, i) == MENTION_LETTER && next == MENTION_LETTER)
		return false;
	return !is_snake(scanner, i + 1);
}

static bool
in_local(MentionKind kind)
{
	return is_word(kind) || kind == MENTION_DOT || kind == MENTION_JOINT || kind == MENTION_SYMBOL;
}

/* Adds the spellings of a local part.  Returns its end. */
static int
read_local(Scanner *scanner, int start)
{
	int			i = start;

	if (kind_at(scanner, start) == MENTION_DOT || kind_at(scanner, start) == MENTION_MARK)
		return start;
	for (; in_local(kind_at(scanner, i)); i++)
	{
		if (i - start < MENTION_MAX_LENGTH && may_end(scanner, i))
			add_spelling(scanner, start, i + 1);
	}
	return i;
}

/* Adds the spellings of an email whose domain is known. */
static void
add_emails(Scanner *scanner, int start, int domain, int end)
{
	for (int i = domain + 1; i < end && i - start <= MENTION_MAX_LENGTH; i++)
	{
		if ((kind_at(scanner, i) == MENTION_UNSPACED && is_word(kind_at(scanner, i - 1))) ||
			(kind_at(scanner, i) == MENTION_LETTER && base_kind(scanner, i - 1) == MENTION_UNSPACED))
			add_spelling(scanner, start, i);
	}
	add_spelling(scanner, start, end);
}

/* Returns whether a second @ after a local part makes the two an email. */
static bool
makes_email(const Scanner *scanner, int at, bool has_dot, int end)
{
	MentionKind before = kind_at(scanner, at - 1);

	if (is_word(before) && base_kind(scanner, at - 1) == MENTION_LETTER)
		return true;
	return has_dot && before != MENTION_DOT && kind_at(scanner, end) != MENTION_AT;
}

/* Reads the text after an @ that begins a mention.  Returns where to continue. */
static int
read_mention(Scanner *scanner, int start)
{
	int			count_before = scanner->scan->count;
	bool		has_dot;
	int			at;
	int			end;

	while (kind_at(scanner, start) == MENTION_INVISIBLE)
		start++;
	at = read_local(scanner, start);
	if (at == start || kind_at(scanner, at) != MENTION_AT || kind_at(scanner, at - 1) == MENTION_DOT)
		return at;
	end = domain_end(scanner, at + 1, &has_dot);
	if (end == at + 1)
		return at;
	if (!makes_email(scanner, at, has_dot, end))
	{
		add_emails(scanner, start, at + 1, end);
		return at;
	}
	scanner->scan->count = count_before;
	add_emails(scanner, start, at + 1, end);
	return end;
}

/*
 * Finds the spellings of all mentions.  codes: Unicode code points; larger values count
 * as letters.  scan: set; its array is palloc'ed.  Raises no errors except out of memory.
 */
void
mention_scan(MentionScan *scan, const uint32 *codes, int length)
{
	uint8	   *kinds = mention_kinds(codes, length);
	Scanner		scanner = {.scan = scan, .codes = codes, .kinds = kinds, .length = length};
	int			i = 0;

	memset(scan, 0, sizeof(MentionScan));
	while (i < length)
	{
		if (kinds[i] == MENTION_AT && begins_mention(&scanner, i))
			i = read_mention(&scanner, i + 1);
		else
			i++;
	}
	pfree(kinds);
}
