/*
 * http_disposition.h
 *		Content-Disposition of a file that is downloaded.
 */
#ifndef TASKCRM_HTTP_DISPOSITION_H
#define TASKCRM_HTTP_DISPOSITION_H

extern char *http_disposition_attachment(const char *file_name);

#endif
