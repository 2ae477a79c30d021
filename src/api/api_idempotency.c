/*
 * api_idempotency.c
 *		Idempotency keys: a repeated call is answered with the stored answer.
 *
 * A call without a key argument uses the Idempotency-Key header in request.headers, which
 * PostgREST sets.  One request can make several calls, in a function of the application;
 * the second and later calls of a transaction get a number appended to the key.  A call
 * that a trigger makes within another call has no key.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "common/sha2.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "api/api_args.h"
#include "api/api_idempotency.h"
#include "base/compat.h"
#include "base/sqlstate.h"
#include "db/cluster.h"
#include "identity/request_settings.h"
#include "identity/stored_answer.h"
#include "task/task_bin.h"
#include "webhook/webhook_purge.h"
#include "wire/json_scan.h"

/* One in this many writing calls looks for expired answers and deleted tasks. */
#define SWEEP_ONE_IN 64

/* The number of calls in a transaction that took their key from the header. */
static struct
{
	LocalTransactionId transaction;
	int			count;
} header_calls;

static int
count_header_call(void)
{
	LocalTransactionId transaction = tc_proc_lxid(MyProc);

	if (header_calls.transaction != transaction)
	{
		header_calls.transaction = transaction;
		header_calls.count = 0;
	}
	return ++header_calls.count;
}

/* Returns the value of the header, palloc'ed, or NULL. */
static char *
key_of_header(void)
{
	IdentitySettings settings;
	char	   *key;

	if (identity_is_nested())
		return NULL;
	request_settings_read(&settings);
	if (settings.headers == NULL ||
		json_scan_string(settings.headers, "idempotency-key", &key) != JSON_MEMBER_FOUND)
		return NULL;
	return key;
}

/* Finds the key.  Raises 22023 if it is blank or too long. */
static void
find_idempotency_key(KeyedCall *call)
{
	char	   *header;

	if (call->key != NULL)
	{
		call->has_key = true;
		call->stored_key = argument_check_text(call->key, "idempotency_key", ARGUMENT_MAX_NAME);
		return;
	}
	header = key_of_header();
	if (header == NULL)
		return;
	call->has_key = true;
	call->is_of_header = true;
	call->stored_key = argument_check_text(cstring_to_text(header), "idempotency_key", ARGUMENT_MAX_NAME);
	if (count_header_call() > 1)
		call->stored_key = CStringGetTextDatum(psprintf("%s\n%d", header, header_calls.count));
}

/*
 * Begins a call that may have a key.  call: zero except for key; operation: its name.
 * The caller must then add everything that was sent, always in the same order: two calls
 * are the same if they add the same data.  Raises 22023 for a bad key.  Needs an API call
 * in progress.
 */
void
idempotency_begin(KeyedCall *call, const char *operation)
{
	call->is_replay = false;
	call->has_key = false;
	call->is_of_header = false;
	find_idempotency_key(call);
	if (!call->has_key)
		return;
	call->hash = pg_cryptohash_create(PG_SHA256);
	if (call->hash == NULL || pg_cryptohash_init(call->hash) < 0)
		elog(ERROR, "could not begin a hash");
	idempotency_add(call, operation, strlen(operation));
}

/* Adds bytes from the request.  size: 0 for none. */
void
idempotency_add(KeyedCall *call, const void *data, Size size)
{
	uint64		length = size;

	if (!call->has_key)
		return;
	/* The length comes first, so that different parts cannot give the same bytes. */
	if (pg_cryptohash_update(call->hash, (const uint8 *) &length, sizeof(length)) < 0 ||
		pg_cryptohash_update(call->hash, data, size) < 0)
		elog(ERROR, "could not update a hash");
}

/* Adds a text, jsonb or bytea from the request, not compressed; NULL for null. */
void
idempotency_add_value(KeyedCall *call, const void *value)
{
	idempotency_add(call, value == NULL ? "n" : "v", 1);
	if (value != NULL)
		idempotency_add(call, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* Returns the hash of the data that was added, as bytea. */
static Datum
end_hash(KeyedCall *call)
{
	bytea	   *request = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(request, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (pg_cryptohash_final(call->hash, (uint8 *) VARDATA(request), PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not end a hash");
	pg_cryptohash_free(call->hash);
	call->hash = NULL;
	return PointerGetDatum(request);
}

/* Writes the answer that another call has stored. */
static void
write_kept(JsonWriter *out, const StoredAnswer *answer)
{
	if (!answer->same_request)
		ereport(ERROR,
				(errcode(ERRCODE_TC_UNPROCESSABLE),
				 errmsg("the idempotency key was used with different data"),
				 errhint("Use a new idempotency key for each new request.")));
	/* Only a trigger that calls the API with the same key gets here. */
	if (!answer->has_answer)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("a request with this idempotency key is still in progress")));
	json_write_raw(out, answer->answer);
}

/*
 * Returns whether the work must be done, followed by idempotency_keep().  Otherwise
 * writes the stored answer to out.  Raises PT422 if the key was used with other data,
 * 55006 if that call is still in progress.
 */
bool
idempotency_is_new(KeyedCall *call, const Identity *identity, JsonWriter *out)
{
	StoredAnswer answer;

	if (!call->has_key || stored_answer_begin(&answer, identity, call->stored_key, end_hash(call)))
		return true;
	write_kept(out, &answer);
	call->is_replay = true;
	return false;
}

/*
 * Stores the answer that the call begun by idempotency_begin() has written to out.
 * Nothing may be locked after it.
 */
void
idempotency_keep(KeyedCall *call, const Identity *identity, JsonWriter *out)
{
	if (!call->has_key)
		return;
	stored_answer_keep(identity, call->stored_key, json_write_end(out));
	stored_answer_expire(&identity->org_id);
}

/*
 * Marks the answer as a replay for PostgREST's client, by a response header. Call it
 * after api_end().
 */
void
idempotency_announce(const KeyedCall *call)
{
	const char *headers;

	if (!call->is_replay || !call->is_of_header)
		return;
	headers = GetConfigOption("response.headers", true, false);
	if (headers == NULL || headers[0] == '\0')
		(void) set_config_option("response.headers", "[{\"" IDEMPOTENCY_REPLAYED "\": \"true\"}]",
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Now and then deletes expired answers of the organization, for writing calls without a
 * key, and deleted tasks and events that were kept for long enough.  Nothing may be locked after it.
 */
void
idempotency_sweep(const Identity *identity)
{
	if (pg_prng_uint64(&pg_global_prng_state) % SWEEP_ONE_IN != 0)
		return;
	/* A call that writes tables of every node of a cluster may run on another one. */
	if (cluster_is_distributed() && !cluster_is_here(&identity->org_id))
		return;
	webhook_purge_expired(&identity->org_id);
	stored_answer_expire(&identity->org_id);
	task_bin_expire(&identity->org_id);
}
