/*
 * taskcrm.c
 *		Loading the library.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "db/planning.h"
#include "db/policy.h"
#include "db/statistics.h"
#include "identity/identity.h"
#include "identity/setting.h"
#include "identity/token.h"
#include "search/sample.h"
#include "settings.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	settings_define();
	setting_define();
	token_define();
	MarkGUCPrefixReserved("taskcrm");
	identity_init();
	policy_init();
	sample_init();
	planning_init();
	statistics_init();
}
