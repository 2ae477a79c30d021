/*
 * call_stats.c
 *		Counts calls, their errors and their time.
 *
 * The numbers are in shared memory if the library is in shared_preload_libraries, and
 * count all sessions of the server; otherwise each backend has its own.  They tell
 * nothing about the data: names of our functions, SQLSTATEs and numbers.
 *
 * A call that ends adds to a few atomic numbers, and takes no lock.  A call that fails
 * never comes to its end: the open calls of a backend are kept in an array, and the
 * callbacks of aborted (sub)transactions count those that are gone as errors.  What the
 * error was is noted when it is raised, by an error context callback, since it can be
 * caught and forgotten before the subtransaction ends.  This costs less than PG_TRY().
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "portability/instr_time.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "base/call_stats.h"

#define STATS_NAME "taskcrm_calls"
#define MAX_OPERATIONS 128
#define MAX_CODES 64

/* Calls nest if triggers call the API. Deeper ones are not counted. */
#define MAX_OPEN 16

/* The numbers of one operation, in cache lines of their own. */
typedef struct OperationStats
{
	pg_attribute_aligned(PG_CACHE_LINE_SIZE) char name[NAMEDATALEN];
	pg_atomic_uint64 calls;
	pg_atomic_uint64 errors;
	pg_atomic_uint64 total;		/* microseconds */
	pg_atomic_uint64 longest;
} OperationStats;

typedef struct CodeStats
{
	pg_atomic_uint32 code;		/* 0 if the place is free */
	pg_atomic_uint64 errors;
} CodeStats;

typedef struct CallStats
{
	OperationStats operations[MAX_OPERATIONS];
	int			operation_count;	/* under the lock, like the names */
	pg_atomic_uint64 since;		/* TimestampTz */
	pg_atomic_uint64 refused_tokens;
	pg_atomic_uint64 kept_plans;
	pg_atomic_uint64 other_errors;	/* without a place among the codes */
	CodeStats	codes[MAX_CODES];
} CallStats;

typedef struct OpenCall
{
	int			slot;
	SubTransactionId subid;
	instr_time	began;
	int			code;			/* of the last error; 0 for none */
	ErrorContextCallback callback;
} OpenCall;

static CallStats own_stats;
static CallStats *stats = &own_stats;
static LWLock *stats_lock = NULL;	/* NULL for own_stats */

static OpenCall open_calls[MAX_OPEN];
static int	open_count = 0;
static int	own_plans = 0;

static shmem_request_hook_type next_request_hook = NULL;
static shmem_startup_hook_type next_startup_hook = NULL;

static void
clear_stats(CallStats *cleared, void (*set) (volatile pg_atomic_uint64 *, uint64))
{
	for (int i = 0; i < MAX_OPERATIONS; i++)
	{
		set(&cleared->operations[i].calls, 0);
		set(&cleared->operations[i].errors, 0);
		set(&cleared->operations[i].total, 0);
		set(&cleared->operations[i].longest, 0);
	}
	for (int i = 0; i < MAX_CODES; i++)
		set(&cleared->codes[i].errors, 0);
	set(&cleared->refused_tokens, 0);
	set(&cleared->other_errors, 0);
	set(&cleared->since, (uint64) GetCurrentTimestamp());
}

static void
make_stats(CallStats *made)
{
	memset(made, 0, sizeof(*made));
	for (int i = 0; i < MAX_CODES; i++)
		pg_atomic_init_u32(&made->codes[i].code, 0);
	pg_atomic_init_u64(&made->kept_plans, 0);
	clear_stats(made, pg_atomic_init_u64);
}

static void
request_stats_memory(void)
{
	if (next_request_hook != NULL)
		next_request_hook();
	RequestAddinShmemSpace(sizeof(CallStats));
	RequestNamedLWLockTranche(STATS_NAME, 1);
}

static void
find_stats_memory(void)
{
	CallStats  *found_stats;
	bool		found;

	if (next_startup_hook != NULL)
		next_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	found_stats = ShmemInitStruct(STATS_NAME, sizeof(CallStats), &found);
	if (!found)
		make_stats(found_stats);
	LWLockRelease(AddinShmemInitLock);
	stats_lock = &GetNamedLWLockTranche(STATS_NAME)->lock;
	stats = found_stats;
}

static void
lock_names(LWLockMode mode)
{
	if (stats_lock != NULL)
		LWLockAcquire(stats_lock, mode);
}

static void
unlock_names(void)
{
	if (stats_lock != NULL)
		LWLockRelease(stats_lock);
}

/* Finds or takes the slot of an operation; -1 if all are taken. */
static int
find_slot(const char *name)
{
	int			slot;

	lock_names(LW_EXCLUSIVE);
	for (slot = 0; slot < stats->operation_count; slot++)
	{
		if (strcmp(stats->operations[slot].name, name) == 0)
			break;
	}
	if (slot == MAX_OPERATIONS)
		slot = -1;
	else if (slot == stats->operation_count)
	{
		strlcpy(stats->operations[slot].name, name, NAMEDATALEN);
		stats->operation_count++;
	}
	unlock_names();
	return slot;
}

/* The name of the function without api_ or tc_. */
static const char *
operation_name(const char *function)
{
	const char *prefixes[] = {"api_", "tc_"};

	for (size_t i = 0; i < lengthof(prefixes); i++)
	{
		if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
			return function + strlen(prefixes[i]);
	}
	return function;
}

static void
raise_to(volatile pg_atomic_uint64 *longest, uint64 time)
{
	uint64		known = pg_atomic_read_u64(longest);

	while (known < time && !pg_atomic_compare_exchange_u64(longest, &known, time))
		;
}

static void
count_code(int code)
{
	for (int i = 0; i < MAX_CODES; i++)
	{
		uint32		known = 0;

		/* Takes the place if it is free, and tells whose it is if not. */
		if (pg_atomic_read_u32(&stats->codes[i].code) == (uint32) code ||
			pg_atomic_compare_exchange_u32(&stats->codes[i].code, &known, (uint32) code) ||
			known == (uint32) code)
		{
			pg_atomic_fetch_add_u64(&stats->codes[i].errors, 1);
			return;
		}
	}
	pg_atomic_fetch_add_u64(&stats->other_errors, 1);
}

/* Counts the innermost open call, which has ended. */
static void
close_call(bool has_failed)
{
	OpenCall   *call = &open_calls[--open_count];
	OperationStats *operation;
	instr_time	now;
	uint64		time;

	if (call->slot < 0)
		return;
	operation = &stats->operations[call->slot];
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, call->began);
	time = (uint64) INSTR_TIME_GET_MICROSEC(now);
	pg_atomic_fetch_add_u64(&operation->calls, 1);
	pg_atomic_fetch_add_u64(&operation->total, (int64) time);
	raise_to(&operation->longest, time);
	if (has_failed)
	{
		pg_atomic_fetch_add_u64(&operation->errors, 1);
		count_code(call->code);
	}
}

static void
stats_transaction_event(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
	{
		while (open_count > 0)
			close_call(true);
	}
}

static void
stats_subtransaction_event(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (open_count > 0 && open_calls[open_count - 1].subid >= subid)
			close_call(true);
	}
}

/* Is called for notices, too, which are no errors. */
static void
note_error(void *arg)
{
	OpenCall   *call = arg;
	int			code = geterrcode();
	int			category = ERRCODE_TO_CATEGORY(code);

	if (category != ERRCODE_SUCCESSFUL_COMPLETION && category != ERRCODE_TO_CATEGORY(ERRCODE_WARNING))
		call->code = code;
}

/* Sets up the numbers.  Called by _PG_init(). */
void
call_stats_init(void)
{
	make_stats(&own_stats);
	if (process_shared_preload_libraries_in_progress)
	{
		next_request_hook = shmem_request_hook;
		shmem_request_hook = request_stats_memory;
		next_startup_hook = shmem_startup_hook;
		shmem_startup_hook = find_stats_memory;
	}
	RegisterXactCallback(stats_transaction_event, NULL);
	RegisterSubXactCallback(stats_subtransaction_event, NULL);
}

/*
 * Begins to count a call.  Returns a place for call_stats_end(), or -1.  A call that does
 * not come to its end because of an error needs nothing.
 */
int
call_stats_begin(CountedOperation *operation)
{
	OpenCall   *call;

	if (open_count == MAX_OPEN)
		return -1;
	if (operation->slot < 0)
		operation->slot = find_slot(operation_name(operation->function));
	call = &open_calls[open_count];
	call->slot = operation->slot;
	call->subid = GetCurrentSubTransactionId();
	call->code = 0;
	call->callback.callback = note_error;
	call->callback.arg = call;
	call->callback.previous = error_context_stack;
	error_context_stack = &call->callback;
	INSTR_TIME_SET_CURRENT(call->began);
	return open_count++;
}

/* Ends a call that has succeeded.  place: from call_stats_begin(). */
void
call_stats_end(int place)
{
	if (place < 0)
		return;
	Assert(place == open_count - 1);
	error_context_stack = open_calls[place].callback.previous;
	close_call(false);
}

/* Counts a token that is not valid. */
void
call_stats_refused_token(void)
{
	pg_atomic_fetch_add_u64(&stats->refused_tokens, 1);
}

static void
forget_own_plans(int code, Datum arg)
{
	pg_atomic_fetch_sub_u64(&stats->kept_plans, own_plans);
	own_plans = 0;
}

/* Counts the statements that this backend keeps for lists.  change: how many more. */
void
call_stats_kept_plans(int change)
{
	static bool is_registered = false;

	if (!is_registered)
		before_shmem_exit(forget_own_plans, (Datum) 0);
	is_registered = true;
	own_plans += change;
	pg_atomic_fetch_add_u64(&stats->kept_plans, change);
}

static void
read_operations(StatsReader reader, void *state)
{
	int			count;

	lock_names(LW_SHARED);
	count = stats->operation_count;
	unlock_names();
	/* A name that has been set never changes. */
	for (int i = 0; i < count; i++)
	{
		OperationStats *operation = &stats->operations[i];
		StatsEntry	entry = {0};

		entry.kind = "operation";
		entry.name = operation->name;
		entry.is_operation = true;
		entry.count = pg_atomic_read_u64(&operation->calls);
		if (entry.count == 0)
			continue;
		entry.errors = pg_atomic_read_u64(&operation->errors);
		entry.total_time = (double) pg_atomic_read_u64(&operation->total) / 1000.0;
		entry.max_time = (double) pg_atomic_read_u64(&operation->longest) / 1000.0;
		reader(&entry, state);
	}
}

static void
read_count(const char *kind, const char *name, volatile pg_atomic_uint64 *number, StatsReader reader, void *state)
{
	StatsEntry	entry = {0};

	entry.kind = kind;
	entry.name = name;
	entry.count = pg_atomic_read_u64(number);
	reader(&entry, state);
}

/*
 * Calls the reader for each operation that was called, each SQLSTATE with which calls
 * failed, and the other numbers.
 */
void
call_stats_read(StatsReader reader, void *state)
{
	read_operations(reader, state);
	for (int i = 0; i < MAX_CODES; i++)
	{
		uint32		code = pg_atomic_read_u32(&stats->codes[i].code);

		if (code != 0 && pg_atomic_read_u64(&stats->codes[i].errors) > 0)
			read_count("error", unpack_sql_state((int) code), &stats->codes[i].errors, reader, state);
	}
	if (pg_atomic_read_u64(&stats->other_errors) > 0)
		read_count("error", "other", &stats->other_errors, reader, state);
	read_count("tokens", "refused", &stats->refused_tokens, reader, state);
	read_count("plans", "lists", &stats->kept_plans, reader, state);
}

/* Sets all numbers to 0, except that of plans, which exist. */
void
call_stats_reset(void)
{
	clear_stats(stats, pg_atomic_write_u64);
}

/* Returns whether the numbers are those of all sessions. */
bool
call_stats_are_shared(void)
{
	return stats != &own_stats;
}

/* Returns since when calls have been counted. */
TimestampTz
call_stats_since(void)
{
	return (TimestampTz) pg_atomic_read_u64(&stats->since);
}
