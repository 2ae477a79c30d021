/*
 * media_type.h
 *		Media types, such as the Content-Type of a file.
 */
#ifndef TASKCRM_MEDIA_TYPE_H
#define TASKCRM_MEDIA_TYPE_H

/* The type of a file if nothing else is known. */
#define MEDIA_TYPE_OF_BYTES "application/octet-stream"

extern bool media_type_is_valid(const char *type);

#endif
