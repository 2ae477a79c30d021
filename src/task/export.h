/*
 * export.h
 *		All rows of an organization or of a person as JSON, one object a row, and back.
 */
#ifndef TASKCRM_EXPORT_H
#define TASKCRM_EXPORT_H

#include "base/uuid.h"
#include "db/owner.h"

/* Takes one line.  json: a datum that is freed after the call. */
typedef struct ExportSink
{
	void		(*put) (void *state, Datum json);
	void	   *state;
} ExportSink;

extern bool export_organization(const ExportSink *sink, const pg_uuid_t *org_id, OwnerMode mode);
extern void import_organization(Datum lines, NullableDatum org_id);
extern pg_uuid_t import_check(Datum lines, NullableDatum org_id);
extern void import_part(Datum lines, bool copies);
extern bool export_user(const ExportSink *sink, const pg_uuid_t *user_id, bool copies);

#endif
