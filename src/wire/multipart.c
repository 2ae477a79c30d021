/*
 * multipart.c
 *		Reads multipart/form-data (RFC 7578).
 *
 * The results point into the body, so that a file of 10 MB is not copied.  Does not
 * depend on the server, so that it can be fuzzed.  All buffers have a fixed size, and
 * what does not fit is malformed.
 */
#include <string.h>
#include <strings.h>

#include "wire/http_header.h"
#include "wire/multipart.h"
#include "wire/uri_read.h"

/* Returns the first delimiter, or NULL.  Linear for any body. */
static const char *
find_bytes(const char *from, const char *end, const char *what, size_t length)
{
	while ((size_t) (end - from) >= length)
	{
		const char *place = memchr(from, what[0], (size_t) (end - from) - length + 1);

		if (place == NULL)
			return NULL;
		if (memcmp(place, what, length) == 0)
			return place;
		from = place + 1;
	}
	return NULL;
}

/*
 * Begins to read a body.  boundary: from Content-Type, NUL-terminated.  Returns false if
 * it is empty, too long or contains line breaks.
 */
bool
multipart_begin(Multipart *multipart, const char *body, size_t length, const char *boundary)
{
	size_t		boundary_length = strlen(boundary);

	if (boundary_length == 0 || boundary_length > MULTIPART_MAX_BOUNDARY ||
		strpbrk(boundary, "\r\n") != NULL)
		return false;
	multipart->at = body;
	multipart->end = body + length;
	multipart->parts = 0;
	memcpy(multipart->delimiter, "\r\n--", 4);
	memcpy(multipart->delimiter + 4, boundary, boundary_length + 1);
	multipart->delimiter_length = boundary_length + 4;
	return true;
}

static bool
begins_with(const char *c, const char *end, const char *two)
{
	return end - c >= 2 && memcmp(c, two, 2) == 0;
}

/*
 * Skips the rest of a delimiter's line.  Returns MULTIPART_PART if a part follows,
 * MULTIPART_END after the last delimiter, and MULTIPART_MALFORMED if it is not a
 * delimiter but a longer line that begins like one.
 */
static MultipartResult
pass_delimiter(const char **at, const char *end)
{
	const char *c = *at;

	if (begins_with(c, end, "--"))
		return MULTIPART_END;
	while (c < end && (*c == ' ' || *c == '\t'))
		c++;
	if (!begins_with(c, end, "\r\n"))
		return MULTIPART_MALFORMED;
	*at = c + 2;
	return MULTIPART_PART;
}

/*
 * Looks for the next delimiter, starting at *at, and moves past it.  *found: set to its
 * beginning.  Returns MULTIPART_MALFORMED if there is none.
 */
static MultipartResult
next_delimiter(const Multipart *multipart, const char **at, const char **found)
{
	const char *from = *at;

	while ((*found = find_bytes(from, multipart->end, multipart->delimiter, multipart->delimiter_length)) != NULL)
	{
		MultipartResult result;

		*at = *found + multipart->delimiter_length;
		result = pass_delimiter(at, multipart->end);
		if (result != MULTIPART_MALFORMED)
			return result;
		from = *found + 2;
	}
	return MULTIPART_MALFORMED;
}

/* The first delimiter may be at the very beginning, without a line break before it. */
static MultipartResult
first_delimiter(Multipart *multipart)
{
	size_t		length = multipart->delimiter_length - 2;
	const char *found;

	if ((size_t) (multipart->end - multipart->at) >= length &&
		memcmp(multipart->at, multipart->delimiter + 2, length) == 0)
	{
		const char *at = multipart->at + length;
		MultipartResult result = pass_delimiter(&at, multipart->end);

		if (result != MULTIPART_MALFORMED)
		{
			multipart->at = at;
			return result;
		}
	}
	return next_delimiter(multipart, &multipart->at, &found);
}

/* Returns the character that a browser encodes like this in a name, or 0. */
static char
unescaped_quote(const char *text)
{
	if (strncmp(text, "%22", 3) == 0)
		return '"';
	if (strncasecmp(text, "%0D", 3) == 0)
		return '\r';
	if (strncasecmp(text, "%0A", 3) == 0)
		return '\n';
	return '\0';
}

/*
 * Copies a name.  Browsers encode quotes and line breaks in names as %22, %0D and %0A,
 * and no other characters.  to: has room for from.
 */
static void
copy_name(char *to, const char *from)
{
	while (*from != '\0')
	{
		char		c = unescaped_quote(from);

		if (c == '\0')
			*to++ = *from++;
		else
		{
			*to++ = c;
			from += 3;
		}
	}
	*to = '\0';
}

/* Converts ISO-8859-1 to UTF-8.  Returns false if the buffer is too small. */
static bool
copy_latin1(const char *from, char *to, size_t size)
{
	for (const char *end = to + size - 2; *from != '\0'; from++)
	{
		unsigned char c = (unsigned char) *from;

		if (to >= end)
			return false;
		if (c < 0x80)
			*to++ = (char) c;
		else
		{
			*to++ = (char) (0xC0 | (c >> 6));
			*to++ = (char) (0x80 | (c & 0x3F));
		}
	}
	*to = '\0';
	return true;
}

/*
 * Decodes RFC 5987: charset'language'%XX, with the two charsets that it requires.  value
 * is not longer than the buffer file_name.
 */
static bool
read_extended(const char *value, char *file_name, size_t size)
{
	static const char utf8[] = "UTF-8'";
	static const char latin1[] = "ISO-8859-1'";
	bool		is_utf8 = strncasecmp(value, utf8, sizeof(utf8) - 1) == 0;
	const char *text;
	char		decoded[sizeof(((MultipartPart *) 0)->file_name)];

	if (!is_utf8 && strncasecmp(value, latin1, sizeof(latin1) - 1) != 0)
		return false;
	text = strchr(strchr(value, '\'') + 1, '\'');
	if (text == NULL)
		return false;
	if (is_utf8)
		return uri_decode(text + 1, strlen(text + 1), false, file_name);
	return uri_decode(text + 1, strlen(text + 1), false, decoded) && copy_latin1(decoded, file_name, size);
}

static bool
read_disposition(MultipartPart *part, const char *text, size_t length)
{
	HeaderValue header;
	HeaderResult result;
	char		type[32];
	char		name[64];
	char		value[sizeof(part->file_name)];
	bool		has_name = false;
	bool		is_extended = false;
	bool		has_plain = false;

	if (header_value_begin(&header, text, length, type, sizeof(type)) != HEADER_FOUND ||
		strcmp(type, "form-data") != 0)
		return false;
	while ((result = header_value_next(&header, name, sizeof(name), value, sizeof(value))) == HEADER_FOUND)
	{
		if (strcmp(name, "name") == 0 && !has_name && strlen(value) < sizeof(part->name))
		{
			has_name = true;
			copy_name(part->name, value);
		}
		else if (strcmp(name, "name") == 0)
			return false;
		else if (strcmp(name, "filename*") == 0)
		{
			/* If it cannot be read, the plain name is used, if there is one. */
			char		decoded[sizeof(part->file_name)];

			part->is_file = true;
			is_extended = read_extended(value, decoded, sizeof(decoded));
			if (is_extended)
				memcpy(part->file_name, decoded, strlen(decoded) + 1);
			part->is_unreadable = !is_extended && !has_plain;
		}
		else if (strcmp(name, "filename") == 0 && !is_extended)
		{
			part->is_file = has_plain = true;
			part->is_unreadable = false;
			copy_name(part->file_name, value);
		}
	}
	return result == HEADER_END && has_name;
}

static bool
is_header(const char *line, size_t length, const char *name)
{
	return length == strlen(name) && strncasecmp(line, name, length) == 0;
}

/* Reads one header of a part, without its line break. */
static bool
read_header(MultipartPart *part, const char *line, const char *end, bool *has_disposition)
{
	const char *colon = memchr(line, ':', (size_t) (end - line));
	const char *value;
	size_t		length;

	if (colon == NULL || colon == line || memchr(line, '\0', (size_t) (end - line)) != NULL)
		return false;
	for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
		;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	length = (size_t) (end - value);

	if (is_header(line, (size_t) (colon - line), "content-disposition"))
	{
		if (*has_disposition)
			return false;
		*has_disposition = true;
		return read_disposition(part, value, length);
	}
	if (is_header(line, (size_t) (colon - line), "content-type"))
	{
		if (length >= sizeof(part->content_type))
			return false;
		memcpy(part->content_type, value, length);
		part->content_type[length] = '\0';
	}
	/* RFC 7578 forbids encodings; an encoded part would be stored encoded. */
	else if (is_header(line, (size_t) (colon - line), "content-transfer-encoding"))
		return is_header(value, length, "binary") || is_header(value, length, "8bit") ||
			is_header(value, length, "7bit");
	return true;
}

/* Reads the headers of a part and moves past the empty line that ends them. */
static bool
read_part_headers(Multipart *multipart, MultipartPart *part)
{
	const char *limit = multipart->end;
	bool		has_disposition = false;

	if (limit - multipart->at > MULTIPART_MAX_HEADERS)
		limit = multipart->at + MULTIPART_MAX_HEADERS;
	for (;;)
	{
		const char *line = multipart->at;
		const char *end = find_bytes(line, limit, "\r\n", 2);

		if (end == NULL)
			return false;
		multipart->at = end + 2;
		if (end == line)
			return has_disposition;
		if (!read_header(part, line, end, &has_disposition))
			return false;
	}
}

/*
 * Reads the next part.  part is undefined unless MULTIPART_PART is returned; after any
 * other result there is nothing more to read.  A truncated body is malformed.
 */
MultipartResult
multipart_next(Multipart *multipart, MultipartPart *part)
{
	MultipartResult result;
	const char *end;
	const char *at;

	/* After the last delimiter; set below. */
	if (multipart->at == NULL)
		return MULTIPART_END;
	if (multipart->parts == 0)
	{
		result = first_delimiter(multipart);
		if (result == MULTIPART_END)
			multipart->at = NULL;
		if (result != MULTIPART_PART)
			return result;
	}
	if (multipart->parts == MULTIPART_MAX_PARTS)
		return MULTIPART_TOO_MANY;
	multipart->parts++;

	part->is_file = part->is_unreadable = false;
	part->name[0] = part->file_name[0] = part->content_type[0] = '\0';
	if (!read_part_headers(multipart, part))
		return MULTIPART_MALFORMED;

	/* In an empty part the delimiter directly follows the empty line. */
	at = part->content = multipart->at;
	if ((size_t) (multipart->end - at) >= multipart->delimiter_length - 2 &&
		memcmp(at, multipart->delimiter + 2, multipart->delimiter_length - 2) == 0)
		at -= 2;
	result = next_delimiter(multipart, &at, &end);
	if (result == MULTIPART_MALFORMED)
		return result;
	part->length = end > part->content ? (size_t) (end - part->content) : 0;
	multipart->at = result == MULTIPART_END ? NULL : at;
	return MULTIPART_PART;
}
