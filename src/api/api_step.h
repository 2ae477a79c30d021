/*
 * api_step.h
 *		Steps of calls that concern more than one node of a cluster.
 */
#ifndef TASKCRM_API_STEP_H
#define TASKCRM_API_STEP_H

#include "utils/array.h"

#include "base/uuid.h"
#include "identity/identity.h"
#include "task/export.h"

/* What a step is about; what it does not need is NULL. */
typedef struct StepArgs
{
	const pg_uuid_t *subject;
	const pg_uuid_t *other;
	NullableDatum note;			/* bytea */
} StepArgs;

#define STEP_NO_NOTE {.isnull = true}

extern void step_run(const Identity *where, const char *name, const StepArgs *args, const ExportSink *sink);
extern void step_run_for(const pg_uuid_t *org_id, const char *name, const StepArgs *args, const ExportSink *sink);
extern void step_run_in_shards(const char *name, const StepArgs *args, const ExportSink *sink);
extern void step_run_on_nodes(const char *name, const StepArgs *args, const ExportSink *sink);
extern int	step_organization_of_each_range(pg_uuid_t **ids);

extern bytea *step_write_lines(ArrayType *lines);
extern void step_put_row(void *result, Datum line);
extern void step_put_number(const ExportSink *sink, int64 number);
extern int64 step_read_number(Datum line);

#endif
