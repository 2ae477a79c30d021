/*
 * api_bulk.c
 *		Changes and deletes many tasks at once: the operations of the API.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "task/list_filter.h"
#include "task/task_bulk.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_update_tasks);
PG_FUNCTION_INFO_V1(tc_delete_tasks);

/*
 * Changes all tasks that pass the filters, and returns how many pass, and which change.
 * filters, options: NULL for none.  Raises 22023, 22007, 22P02, 23503, 23514, PT409 and
 * PT412.
 */
Datum
api_update_tasks(Jsonb *filters, Jsonb *task_data, Jsonb *options)
{
	ApiCall		call;
	JsonWriter	out;
	TaskFilters wanted;
	TaskInput	data;
	BulkOptions bulk;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(task_data, "task_data");
	bulk_options_read(&bulk, options);
	bulk_input_read(&data, task_data);
	list_filter_read(&wanted, filters, &call.identity);
	task_bulk_update(&out, &call.identity, &wanted, &data, &bulk);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_update_tasks(filters jsonb, task_data jsonb, options jsonb) returns json
 */
Datum
tc_update_tasks(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_update_tasks(ARGUMENT_JSONB_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1), ARGUMENT_JSONB_OR_NULL(2));
}

/*
 * Deletes all tasks that pass the filters, and returns which they are.  filters, options:
 * NULL for none.  Raises 22023, 22007, 22P02, PT403, PT409 and PT412.
 */
Datum
api_delete_tasks(Jsonb *filters, Jsonb *options)
{
	ApiCall		call;
	JsonWriter	out;
	TaskFilters wanted;
	BulkOptions bulk;

	json_write_begin(&out);
	api_begin(&call);
	bulk_options_read(&bulk, options);
	list_filter_read(&wanted, filters, &call.identity);
	task_bulk_delete(&out, &call.identity, &wanted, &bulk);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_delete_tasks(filters jsonb, options jsonb) returns json
 */
Datum
tc_delete_tasks(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_delete_tasks(ARGUMENT_JSONB_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}
