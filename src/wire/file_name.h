/*
 * file_name.h
 *		Cleans the names of files that callers send.
 */
#ifndef TASKCRM_FILE_NAME_H
#define TASKCRM_FILE_NAME_H

#define FILE_NAME_MAX_BYTES 255

extern char *file_name_clean(const char *name);

#endif
