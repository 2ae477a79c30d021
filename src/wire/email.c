/*
 * email.c
 *		Checks email addresses.
 *
 * The syntax is that of <input type=email> in the HTML standard, which leaves out quoted
 * names and comments, within the limits of RFC 5321.  Characters beyond ASCII are accepted
 * too (RFC 6531).
 */
#include "postgres.h"

#include "base/character.h"
#include "wire/email.h"

#define MAX_LOCAL_PART 64
#define MAX_LABEL 63

static bool
is_letter_or_digit(uint32 code)
{
	if (code < 0x80)
		return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
	switch (character_class(code))
	{
		case CHARACTER_LETTER:
		case CHARACTER_UNSPACED:
		case CHARACTER_MARK:
			return true;
		case CHARACTER_OTHER:
		case CHARACTER_SPACE:
		case CHARACTER_HIDDEN:
		case CHARACTER_SYMBOL:
			break;
	}
	return false;
}

/* Beyond ASCII, RFC 6531 allows every character; this one every visible one. */
static bool
is_local_character(uint32 code)
{
	if (code >= 0x80)
		return character_class(code) != CHARACTER_SPACE && character_class(code) != CHARACTER_HIDDEN;
	return is_letter_or_digit(code) || (code != 0 && strchr(".!#$%&'*+/=?^_`{|}~-", (int) code) != NULL);
}

/* One label of a domain name: letters, digits and, not at its ends, hyphens. */
static bool
is_label(const uint32 *codes, int length)
{
	if (length == 0 || length > MAX_LABEL || codes[0] == '-' || codes[length - 1] == '-')
		return false;
	for (int i = 0; i < length; i++)
	{
		if (codes[i] != '-' && !is_letter_or_digit(codes[i]))
			return false;
	}
	return true;
}

static bool
is_domain(const uint32 *codes, int length)
{
	int			start = 0;

	for (int i = 0; i <= length; i++)
	{
		if (i < length && codes[i] != '.')
			continue;
		if (!is_label(codes + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

/*
 * Returns NULL if a text is an email address, or a sentence that says why not.  text: in
 * the database encoding.  Raises no errors except out of memory.
 */
const char *
email_problem(const char *text)
{
	int			length;
	uint32	   *codes = code_points(text, (int) strlen(text), &length);
	int			at = 0;

	if (length > EMAIL_MAX)
		return "It is longer than 254 characters.";
	while (at < length && codes[at] != '@')
		at++;
	if (at == length)
		return "It does not contain @.";
	if (at == 0 || at > MAX_LOCAL_PART)
		return "The part before @ must have 1 to 64 characters.";
	for (int i = 0; i < at; i++)
	{
		if (!is_local_character(codes[i]))
			return "The part before @ contains a character that is not allowed there.";
	}
	if (!is_domain(codes + at + 1, length - at - 1))
		return "The part after @ is not a domain name.";
	return NULL;
}
