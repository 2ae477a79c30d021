/*
 * webhook_row.h
 *		The row of a webhook, as its delivery reads and writes it.
 */
#ifndef TASKCRM_WEBHOOK_ROW_H
#define TASKCRM_WEBHOOK_ROW_H

#include "utils/array.h"
#include "utils/timestamp.h"

#include "base/uuid.h"

/* The columns that it reads, and after HOOK_POSITION those that it writes as well. */
typedef enum HookColumn
{
	HOOK_ORG_ID,
	HOOK_ID,
	HOOK_URL,
	HOOK_TYPES,
	HOOK_FILTERS,
	HOOK_CREATED_BY,
	HOOK_SECRET,
	HOOK_FORMER_SECRET,
	HOOK_FORMER_UNTIL,
	HOOK_POSITION,
	HOOK_GENERATION,
	HOOK_TXID,
	HOOK_LAST_EVENT,
	HOOK_CLAIM,
	HOOK_CLAIMED,
	HOOK_CLAIMED_ON,
	HOOK_LEASE_SECONDS,
	HOOK_LEASE_UNTIL,
	HOOK_FAILING_EVENT,
	HOOK_FAILING_SINCE,
	HOOK_ATTEMPTS,
	HOOK_NEXT_ATTEMPT,
	HOOK_LAST_ATTEMPT,
	HOOK_LAST_STATUS,
	HOOK_LAST_ERROR,
	HOOK_DELIVERED,
	HOOK_DEAD,
	HOOK_DEAD_EVENTS,
	HOOK_TEST_ID,
	HOOK_TEST_RESULT,
	HOOK_IS_ACTIVE,
	HOOK_DISABLED_REASON,
	HOOK_DISABLED_ON,
	HOOK_COLUMNS
} HookColumn;

typedef struct Webhook
{
	NullableDatum values[HOOK_COLUMNS];
} Webhook;

extern bool webhook_row_is_due(TimestampTz now);
extern int	webhook_row_lock_due(Webhook **hooks, int max, TimestampTz now);
extern int	webhook_row_read_all(Webhook **hooks, const pg_uuid_t *org_id);
extern bool webhook_row_lock(Webhook *hook, bool waits);
extern bool webhook_row_lock_claimed(Webhook *hook, const pg_uuid_t *claim);
extern void webhook_row_write(const Webhook *hook);

/* Sets a column. */
static inline void
webhook_set(Webhook *hook, HookColumn column, Datum value)
{
	hook->values[column] = (NullableDatum) {.value = value};
}

/* Sets a column to NULL. */
static inline void
webhook_set_null(Webhook *hook, HookColumn column)
{
	hook->values[column] = (NullableDatum) {.isnull = true};
}

static inline Datum
webhook_get(const Webhook *hook, HookColumn column)
{
	return hook->values[column].value;
}

static inline bool
webhook_has(const Webhook *hook, HookColumn column)
{
	return !hook->values[column].isnull;
}

/* Adds one to a column that counts. */
static inline void
webhook_count(Webhook *hook, HookColumn column)
{
	webhook_set(hook, column, Int64GetDatum(DatumGetInt64(webhook_get(hook, column)) + 1));
}

#endif
