/*
 * api_deliveries.h
 *		Steps of the functions for workers that send the messages of webhooks.
 */
#ifndef TASKCRM_API_DELIVERIES_H
#define TASKCRM_API_DELIVERIES_H

#include "api/api_step.h"

extern void deliveries_find_due(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink);
extern void deliveries_claim(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink);
extern void deliveries_finish(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink);

#endif
