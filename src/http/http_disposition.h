/*
 * http_disposition.h
 *		The Content-Disposition header of a downloaded file.
 */
#ifndef TASKCRM_HTTP_DISPOSITION_H
#define TASKCRM_HTTP_DISPOSITION_H

extern char *http_disposition_attachment(const char *file_name);

#endif
