/*
 * file_name.h
 *		Names, types and addresses of files that callers send.
 */
#ifndef TASKCRM_FILE_NAME_H
#define TASKCRM_FILE_NAME_H

#define FILE_NAME_MAX_BYTES 255
#define URL_MAX_LENGTH 2000

/* The type of a file that nothing else is known of. */
#define CONTENT_TYPE_OF_BYTES "application/octet-stream"

extern char *file_name_clean(const char *name);
extern bool content_type_is_valid(const char *type);
extern bool url_is_valid(const char *url);

#endif
