/*
 * http_openapi.h
 *		The OpenAPI document of the REST API.
 */
#ifndef TASKCRM_HTTP_OPENAPI_H
#define TASKCRM_HTTP_OPENAPI_H

extern Datum http_openapi_document(void);

#endif
