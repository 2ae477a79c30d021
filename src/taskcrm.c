/*
 * taskcrm.c
 *		Library initialization.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "base/call_stats.h"
#include "base/settings.h"
#include "db/planner_hook.h"
#include "db/policy_check.h"
#include "db/statistics_hook.h"
#include "event/event_record.h"
#include "http/http_routes.h"
#include "identity/bound_token.h"
#include "identity/identity.h"
#include "identity/request_settings.h"
#include "search/search_sample.h"
#include "task/directory_kind.h"
#include "task/list_filter_spec.h"
#include "task/own_column.h"
#include "task/task_fields.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	settings_define();
	request_settings_define();
	bound_token_define();
	MarkGUCPrefixReserved("taskcrm");
	call_stats_init();
	identity_init();
	policy_check_init();
	own_column_init();
	event_record_init();
	sample_init();
	planner_hook_init();
	statistics_hook_init();
	task_fields_check();
	list_filter_check();
	directory_kinds_check();
	http_routes_check();
}
