/*
 * mention_text.c
 *		Classifies each character of a comment for the search for mentions.
 *
 * Finds the parts of a text in which nobody is mentioned:
 *
 *	code block	from a line that begins with three or more ` or ~ to a line with at least
 *				as many of the same, or to the end of the text; both may follow white
 *				space, > and, in the first line, list markers
 *	code span	from a run of ` to the next run of the same length in the same paragraph;
 *				a run without a counterpart is text, and so is a ` after a backslash
 *	URL			scheme://, www. or host.name/ and what follows, up to white space, one
 *				of < > " ` \ or other punctuation beyond ASCII, or a closing bracket that
 *				the URL does not open
 *
 * A line that is only indented is text, because people indent without meaning code. Every
 * step is linear in the length of the text.
 */
#include "postgres.h"

#include "base/character.h"
#include "task/mention_scan.h"

/* A run of backticks, and the end of the code span that begins with it, or 0. */
typedef struct TickRun
{
	int			start;
	int			length;
	int			end;			/* after the next run of the same length */
	int			escaped_end;	/* after the next run that is one shorter */
} TickRun;

typedef struct MentionText
{
	const uint32 *codes;
	int			length;
	uint8	   *kinds;
	TickRun    *runs;
	int			run_count;
	int			next_run;		/* the first that no paragraph has used */
} MentionText;

/* A line, and what precedes its text. */
typedef struct MentionLine
{
	int			start;
	int			text;			/* after white space and markers */
	int			end;
	int			quotes;			/* how many > */
	bool		in_list;		/* a list marker precedes the text */
} MentionLine;

/* An open code block. */
typedef struct CodeFence
{
	uint32		mark;			/* 0: none is open */
	int			length;
	int			quotes;
} CodeFence;

static MentionKind
hidden_kind(uint32 code)
{
	/* ZERO WIDTH SPACE is a separator; ZERO WIDTH NON-JOINER occurs before suffixes. */
	if (code == 0x200B || code < 0xA0)
		return MENTION_SPACE;
	if (code == 0x200C)
		return MENTION_JOINT;
	if (code == 0xAD || code == 0x061C || code == 0x200E || code == 0x200F || code == 0x2060 ||
		(code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF)
		return MENTION_INVISIBLE;
	return MENTION_MARK;
}

static MentionKind
kind_of(uint32 code)
{
	if (code == '@')
		return MENTION_AT;
	if (code == '.')
		return MENTION_DOT;
	/* RFC 5322, section 3.2.3: atext. */
	if (code > ' ' && code < 0x7F && strchr("!#$%&'*+-/=?^_`{|}~", (int) code) != NULL)
		return MENTION_JOINT;
	switch (character_class(code))
	{
		case CHARACTER_SPACE:
			return MENTION_SPACE;
		case CHARACTER_HIDDEN:
			return hidden_kind(code);
		case CHARACTER_LETTER:
			return MENTION_LETTER;
		case CHARACTER_UNSPACED:
			return MENTION_UNSPACED;
		case CHARACTER_MARK:
			return MENTION_MARK;
		case CHARACTER_SYMBOL:
			return code < 0x80 ? MENTION_OTHER : MENTION_SYMBOL;
		case CHARACTER_OTHER:
			break;
	}
	return MENTION_OTHER;
}

static void
mark_run(MentionText *text, int start, int end, MentionKind kind)
{
	if (end > start)
		memset(text->kinds + start, kind, end - start);
}

/* --- code --- */

static int
run_length(const MentionText *text, int start, int end)
{
	int			i = start;

	while (i < end && text->codes[i] == text->codes[start])
		i++;
	return i - start;
}

/* From the last run to the first, so that the next one of each length is known. */
static void
pair_tick_runs(MentionText *text)
{
	int		   *end_of_length = palloc0(sizeof(int) * (text->length + 2));

	for (int i = text->run_count - 1; i >= 0; i--)
	{
		TickRun    *run = &text->runs[i];

		run->end = end_of_length[run->length];
		run->escaped_end = end_of_length[run->length - 1];
		end_of_length[run->length] = run->start + run->length;
	}
	pfree(end_of_length);
}

static void
find_tick_runs(MentionText *text)
{
	text->runs = palloc(sizeof(TickRun) * (text->length / 2 + 1));
	for (int i = 0; i < text->length; i++)
	{
		if (text->codes[i] == '`')
		{
			TickRun    *run = &text->runs[text->run_count++];

			run->start = i;
			run->length = run_length(text, i, text->length);
			i += run->length;
		}
	}
	if (text->run_count > 0)
		pair_tick_runs(text);
}

/* Returns whether a character is escaped by a backslash that is not escaped itself. */
static bool
is_escaped(const MentionText *text, int i, int start)
{
	int			slashes = 0;

	while (i - slashes > start && text->codes[i - slashes - 1] == '\\')
		slashes++;
	return slashes % 2 == 1;
}

/*
 * Marks the code spans of a paragraph.  Called for paragraphs in the order of the text.
 */
static void
mark_code_spans(MentionText *text, int start, int end)
{
	int			behind = start;

	for (; text->next_run < text->run_count && text->runs[text->next_run].start < end; text->next_run++)
	{
		const TickRun *run = &text->runs[text->next_run];
		bool		escaped;
		int			span_end;

		if (run->start < behind)
			continue;
		escaped = is_escaped(text, run->start, behind);
		span_end = escaped ? run->escaped_end : run->end;
		if (span_end != 0 && span_end <= end && run->length > (escaped ? 1 : 0))
		{
			mark_run(text, run->start + (escaped ? 1 : 0), span_end, MENTION_CODE);
			behind = span_end;
		}
	}
}

static int
list_marker_length(const MentionText *text, int start, int end)
{
	int			i = start;

	if (i < end && (text->codes[i] == '-' || text->codes[i] == '*' || text->codes[i] == '+'))
		i++;
	else
	{
		while (i < end && i - start < 9 && text->codes[i] >= '0' && text->codes[i] <= '9')
			i++;
		if (i == start || i == end || (text->codes[i] != '.' && text->codes[i] != ')'))
			return 0;
		i++;
	}
	return i < end && (text->codes[i] == ' ' || text->codes[i] == '\t') ? i - start : 0;
}

static void
read_line(const MentionText *text, int start, MentionLine *line)
{
	int			i = start;
	int			marker;

	memset(line, 0, sizeof(MentionLine));
	line->start = start;
	line->end = start;
	while (line->end < text->length && text->codes[line->end] != '\n' && text->codes[line->end] != '\r')
		line->end++;
	for (;;)
	{
		if (i < line->end && (text->codes[i] == ' ' || text->codes[i] == '\t'))
			i++;
		else if (i < line->end && text->codes[i] == '>')
		{
			line->quotes++;
			i++;
		}
		else if ((marker = list_marker_length(text, i, line->end)) > 0)
		{
			line->in_list = true;
			i += marker;
		}
		else
			break;
	}
	line->text = i;
}

static bool
run_contains(const MentionText *text, int start, int end, uint32 code)
{
	for (int i = start; i < end; i++)
	{
		if (text->codes[i] == code)
			return true;
	}
	return false;
}

static bool
opens_fence(const MentionText *text, const MentionLine *line, CodeFence *fence)
{
	uint32		code = line->text < line->end ? text->codes[line->text] : 0;
	int			length;

	if (code != '`' && code != '~')
		return false;
	length = run_length(text, line->text, line->end);
	/*
	 * An info string after three backticks contains no backtick; otherwise it is a code
	 * span.
	 */
	if (length < 3 || (code == '`' && run_contains(text, line->text + length, line->end, '`')))
		return false;
	fence->mark = code;
	fence->length = length;
	fence->quotes = line->quotes;
	return true;
}

static bool
closes_fence(const MentionText *text, const MentionLine *line, const CodeFence *fence)
{
	int			i = line->text;

	if (line->in_list || i == line->end || text->codes[i] != fence->mark)
		return false;
	i += run_length(text, i, line->end);
	if (i - line->text < fence->length)
		return false;
	while (i < line->end && (text->codes[i] == ' ' || text->codes[i] == '\t'))
		i++;
	return i == line->end;
}

static void
mark_code(MentionText *text)
{
	CodeFence	fence = {0};
	MentionLine line;
	int			paragraph = 0;
	int			quotes = 0;

	for (int start = 0; start < text->length; start = line.end + 1)
	{
		read_line(text, start, &line);
		/* The end of a quotation closes a code block that was opened in it. */
		if (fence.mark != 0 && line.quotes < fence.quotes)
			fence.mark = 0;
		if (fence.mark != 0)
		{
			mark_run(text, line.start, line.end, MENTION_CODE);
			if (closes_fence(text, &line, &fence))
				fence.mark = 0;
			paragraph = line.end;
			continue;
		}
		if (line.text == line.end || line.in_list || line.quotes != quotes || text->codes[line.text] == '#')
		{
			mark_code_spans(text, paragraph, line.start);
			paragraph = line.start;
		}
		quotes = line.quotes;
		if (opens_fence(text, &line, &fence))
		{
			mark_code_spans(text, paragraph, line.start);
			mark_run(text, line.start, line.end, MENTION_CODE);
			paragraph = line.end;
		}
	}
	mark_code_spans(text, paragraph, text->length);
}

/* --- URLs --- */

static bool
is_ascii_word(uint32 code)
{
	return code < 0x80 && character_class(code) == CHARACTER_LETTER;
}

static bool
in_url(const MentionText *text, int i)
{
	uint32		code = text->codes[i];

	switch ((MentionKind) text->kinds[i])
	{
		case MENTION_SPACE:
		case MENTION_CODE:
		case MENTION_INVISIBLE:
		case MENTION_SYMBOL:
			return false;
		case MENTION_OTHER:
			return code < 0x80 && code != '<' && code != '>' && code != '"' && code != '\\';
		case MENTION_AT:
		case MENTION_DOT:
		case MENTION_JOINT:
		case MENTION_LETTER:
		case MENTION_UNSPACED:
		case MENTION_MARK:
			break;
	}
	return code != '`';
}

static int
url_end(const MentionText *text, int start)
{
	int			round = 0;
	int			square = 0;
	int			i;

	for (i = start; i < text->length && in_url(text, i); i++)
	{
		switch (text->codes[i])
		{
			case '(':
				round++;
				break;
			case '[':
				square++;
				break;
			case ')':
				if (round-- == 0)
					return i;
				break;
			case ']':
				if (square-- == 0)
					return i;
				break;
			default:
				break;
		}
	}
	return i;
}

static bool
stands_at(const MentionText *text, int i, const char *expected)
{
	for (; *expected != '\0'; expected++, i++)
	{
		if (i >= text->length || text->kinds[i] == MENTION_CODE ||
			(text->codes[i] != (uint32) *expected && text->codes[i] != (uint32) pg_toupper((unsigned char) *expected)))
			return false;
	}
	return true;
}

static bool
is_host_character(const MentionText *text, int i)
{
	return i < text->length && (text->kinds[i] == MENTION_LETTER || text->kinds[i] == MENTION_MARK ||
								text->kinds[i] == MENTION_DOT ||
								(text->kinds[i] == MENTION_JOINT && text->codes[i] == '-'));
}

/*
 * Reads a name of letters, digits, dots and hyphens.  is_host: set to whether it has a
 * dot, ends like a host name, and is followed by a path.  Returns its end.
 */
static int
read_host(const MentionText *text, int start, bool *is_host)
{
	int			last_dot = -1;
	int			i = start;
	int			path;

	for (; is_host_character(text, i); i++)
	{
		if (text->kinds[i] == MENTION_DOT)
			last_dot = i;
	}
	path = i;
	if (path < text->length && text->codes[path] == ':')
	{
		do
			path++;
		while (path < text->length && text->codes[path] >= '0' && text->codes[path] <= '9');
	}
	*is_host = last_dot > start && i - last_dot > 2 && path < text->length && text->codes[path] == '/' &&
		text->kinds[path] != MENTION_CODE &&
		(text->codes[last_dot + 1] < '0' || text->codes[last_dot + 1] > '9');
	return i;
}

/*
 * Returns whether a host name may begin at a character: not within a word nor after an @.
 */
static bool
begins_word(const MentionText *text, int i)
{
	if (text->kinds[i] != MENTION_LETTER)
		return false;
	return i == 0 || (text->kinds[i - 1] != MENTION_AT &&
					  !is_host_character(text, i - 1));
}

static void
mark_urls(MentionText *text)
{
	int			i = 0;

	while (i < text->length)
	{
		int			end = i + 1;
		bool		is_url = false;

		if (i > 0 && text->codes[i] == ':' && is_ascii_word(text->codes[i - 1]) && stands_at(text, i, "://"))
			is_url = true;
		else if (begins_word(text, i))
		{
			is_url = stands_at(text, i, "www.");
			if (!is_url)
				end = read_host(text, i, &is_url);
		}
		if (is_url)
		{
			end = url_end(text, i);
			mark_run(text, i, end, MENTION_OTHER);
		}
		i = Max(end, i + 1);
	}
}

/*
 * Returns the kind of each character of a text, as palloc'ed MentionKinds.  Raises no
 * errors except out of memory.
 */
uint8 *
mention_kinds(const uint32 *codes, int length)
{
	MentionText text = {.codes = codes, .length = length};

	text.kinds = palloc(length + 1);
	for (int i = 0; i < length; i++)
		text.kinds[i] = kind_of(codes[i]);
	find_tick_runs(&text);
	mark_code(&text);
	mark_urls(&text);
	pfree(text.runs);
	return text.kinds;
}
