/*
 * multipart.h
 *		Reads multipart/form-data (RFC 7578).
 */
#ifndef TASKCRM_MULTIPART_H
#define TASKCRM_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#define MULTIPART_MAX_BOUNDARY 70	/* RFC 2046 */
#define MULTIPART_MAX_PARTS 4000
#define MULTIPART_MAX_HEADERS 8192	/* bytes of headers of one part */

/* The unread rest of a body. */
typedef struct Multipart
{
	const char *at;
	const char *end;
	int			parts;			/* read so far */
	size_t		delimiter_length;
	char		delimiter[MULTIPART_MAX_BOUNDARY + 5];	/* CR LF - - boundary */
} Multipart;

typedef struct MultipartPart
{
	bool		is_file;		/* has a file name, possibly an empty one */
	bool		is_unreadable;	/* and it cannot be decoded */
	char		name[256];
	char		file_name[1024];
	char		content_type[256];	/* empty if not given */
	const char *content;		/* in the body */
	size_t		length;
} MultipartPart;

typedef enum MultipartResult
{
	MULTIPART_PART,
	MULTIPART_END,
	MULTIPART_MALFORMED,
	MULTIPART_TOO_MANY
} MultipartResult;

extern bool multipart_begin(Multipart *multipart, const char *body, size_t length, const char *boundary);
extern MultipartResult multipart_next(Multipart *multipart, MultipartPart *part);

#endif
