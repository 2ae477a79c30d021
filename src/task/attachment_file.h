/*
 * attachment_file.h
 *		Reads an attachment with its content.
 */
#ifndef TASKCRM_ATTACHMENT_FILE_H
#define TASKCRM_ATTACHMENT_FILE_H

#include "identity/identity.h"

/*
 * An attachment: either with a url, or with its content, sha256, size and type.  The type
 * is NULL if the file was stored before the table had a check for it.
 */
typedef struct StoredFile
{
	char	   *file_name;
	char	   *content_type;
	char	   *url;
	char	   *sha256;			/* hexadecimal */
	int64		size;			/* of content, in bytes */
	Datum		content;		/* bytea, possibly a TOAST pointer: see api_end() */
	bool		has_content;
} StoredFile;

extern bool attachment_file_read(StoredFile *file, const Identity *identity, const pg_uuid_t *id);

#endif
