/*
 * task_json.h
 *		Tasks as JSON.
 */
#ifndef TASKCRM_TASK_JSON_H
#define TASKCRM_TASK_JSON_H

#include "executor/spi.h"

#include "task/task_expand.h"
#include "task/task_links.h"
#include "wire/json_write.h"

extern void task_json_fetch(TaskLinks *links, TaskExpanded *expanded, const pg_uuid_t *org_id, HeapTuple *rows,
							TupleDesc desc, uint64 count, uint32 expand);
extern void task_json_write_members(JsonWriter *out, const pg_uuid_t *org_id, HeapTuple tuple,
									TupleDesc desc, const TaskLinks *links, const TaskExpanded *expanded);
extern void task_json_write_one(JsonWriter *out, const pg_uuid_t *org_id, HeapTuple tuple,
								TupleDesc desc, const TaskLinks *links, const TaskExpanded *expanded);
extern void task_json_write(JsonWriter *out, const pg_uuid_t *org_id,
							HeapTuple *rows, TupleDesc desc, uint64 count,
							uint32 expand);

#endif
