/*
 * http_disposition.c
 *		The Content-Disposition header of a downloaded file (RFC 6266).
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "base/character.h"
#include "http/http_disposition.h"
#include "wire/uri.h"

/* Returns whether a name needs no other form: printable ASCII that no browser decodes. */
static bool
is_plain(const char *name)
{
	for (const unsigned char *c = (const unsigned char *) name; *c != '\0'; c++)
	{
		if (*c < ' ' || *c > '~' || strchr("\"\\%", *c) != NULL)
			return false;
	}
	return true;
}

/* Appends the name for old clients, with _ for characters that could be misread. */
static void
append_plain(StringInfo text, const char *name)
{
	for (const char *c = name; *c != '\0'; c += pg_mblen(c))
	{
		if (*c < ' ' || *c > '~' || strchr("\"\\%", *c) != NULL)
			appendStringInfoChar(text, '_');
		else
			appendStringInfoChar(text, *c);
	}
}

/*
 * Returns the header's value, which makes a browser save the file.  file_name: in the
 * server encoding; none of its bytes can end the value or the header.
 */
char *
http_disposition_attachment(const char *file_name)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "attachment; filename=\"");
	append_plain(&text, file_name);
	appendStringInfoChar(&text, '"');
	if (!is_plain(file_name))
	{
		appendStringInfoString(&text, "; filename*=UTF-8''");
		uri_append_encoded(&text, text_in_utf8_lossy(file_name));
	}
	return text.data;
}
