/*
 * search_folded.c
 *		The case folding of searches, for SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"

#include "base/character.h"
#include "base/compat.h"
#include "search/search_casefold.h"

PG_FUNCTION_INFO_V1(tc_folded);

/*
 * folded(text) returns bytea
 *
 * Returns a text as searches fold it, in UTF-8 whatever the database encoding.
 */
Datum
tc_folded(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	int			length;
	uint32	   *codes = code_points(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &length);
	bytea	   *result = palloc(VARHDRSZ + (Size) length * MAX_MULTIBYTE_CHAR_LEN);
	unsigned char *to = (unsigned char *) VARDATA(result);

	for (int i = 0; i < length; i++)
	{
		if (codes[i] >= BROKEN_BYTE)
			*to++ = (unsigned char) (codes[i] - BROKEN_BYTE);
		else
		{
			unicode_to_utf8(fold_character(codes[i]), to);
			to += pg_utf_mblen(to);
		}
	}
	SET_VARSIZE(result, (char *) to - (char *) result);
	PG_RETURN_BYTEA_P(result);
}
