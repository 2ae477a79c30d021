/*
 * event_token.c
 *		The token of a copy: what it has seen.
 *
 * A token contains the snapshot of the statement that read, not the number of an event:
 * an event with a low number may be committed after one with a higher number was read.
 * It is the base64url encoding of its fields, all of fixed size but the ids of running
 * transactions.  It grants nothing, so it is not signed, and each field is checked.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "event/event_generation.h"
#include "event/event_token.h"
#include "wire/base64url.h"

#define TOKEN_VERSION 1
/* With more running transactions, a token would be too long for a URL. */
#define MAX_TOKEN_SIZE 65536

/* Makes a 64-bit id of one that is in a snapshot. */
static uint64
widen(TransactionId xid, FullTransactionId next)
{
	uint32		epoch = EpochFromFullTransactionId(next);

	if (xid > XidFromFullTransactionId(next))
		epoch--;
	return ((uint64) epoch << 32) | xid;
}

static int
compare_ids(const void *a, const void *b)
{
	uint64		one = *(const uint64 *) a;
	uint64		other = *(const uint64 *) b;

	return one < other ? -1 : one > other ? 1 : 0;
}

/*
 * Takes the snapshot of the current statement.  The current transaction counts as running:
 * it may write more, or be rolled back.  Needs an API call in progress.
 *
 * pg_current_snapshot() does not tell the running transactions of a standby, which are
 * with the subtransactions there.
 */
void
event_token_take_snapshot(TokenSnapshot *snapshot)
{
	Snapshot	active = GetActiveSnapshot();
	FullTransactionId next = ReadNextFullTransactionId();
	TransactionId own = GetTopTransactionIdIfAny();
	uint32		count = active->takenDuringRecovery ? (uint32) active->subxcnt : active->xcnt;
	TransactionId *running = active->takenDuringRecovery ? active->subxip : active->xip;

	snapshot->taken_on = GetCurrentTimestamp();
	event_generation_reading(&snapshot->generation, &snapshot->system_identifier, &snapshot->timeline);
	snapshot->xmin = widen(active->xmin, next);
	snapshot->xmax = widen(active->xmax, next);
	snapshot->running = palloc(sizeof(uint64) * (count + 1));
	snapshot->count = 0;
	for (uint32 i = 0; i < count; i++)
		snapshot->running[snapshot->count++] = widen(running[i], next);
	if (TransactionIdIsValid(own) && widen(own, next) < snapshot->xmax)
		snapshot->running[snapshot->count++] = widen(own, next);
	if (TransactionIdIsValid(own))
		snapshot->xmin = Min(snapshot->xmin, widen(own, next));
	qsort(snapshot->running, snapshot->count, sizeof(uint64), compare_ids);
}

/* Returns the running transactions of a snapshot, xid8[]. */
Datum
event_token_running(const TokenSnapshot *snapshot)
{
	Datum	   *ids = palloc(sizeof(Datum) * (snapshot->count + 1));

	for (int i = 0; i < snapshot->count; i++)
		ids[i] = UInt64GetDatum(snapshot->running[i]);
	return PointerGetDatum(construct_array(ids, snapshot->count, XID8OID, sizeof(uint64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static bool
snapshot_sees(const TokenSnapshot *snapshot, const TokenPlace *place)
{
	if (place->generation != snapshot->generation)
		return place->generation < snapshot->generation;
	return place->txid < snapshot->xmin ||
		(place->txid < snapshot->xmax &&
		 bsearch(&place->txid, snapshot->running, snapshot->count, sizeof(uint64), compare_ids) == NULL);
}

static int
compare_places(const TokenPlace *a, const TokenPlace *b)
{
	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	if (a->txid != b->txid)
		return a->txid < b->txid ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return tc_uuid_compare(&a->id, &b->id);
}

/*
 * The same where generations have no order, for a reader that follows (event_feed_follow()): first
 * its own generation, then others by their numbers.
 */
static bool
has_passed_followed(const SyncToken *token, const TokenPlace *place)
{
	bool		is_step = token->stage == TOKEN_STEP;
	bool		is_among_others = token->place.generation != token->seen.generation;

	if (place->generation != token->seen.generation)
		return place->seq <= token->seen.taken_on ||
			(is_step && is_among_others &&
			 (place->seq < token->place.seq ||
			  (place->seq == token->place.seq && tc_uuid_compare(&place->id, &token->place.id) <= 0)));
	if (snapshot_sees(&token->seen, place))
		return true;
	return is_step && (is_among_others || compare_places(place, &token->place) <= 0) &&
		(token->until.generation != place->generation || snapshot_sees(&token->until, place));
}

/* Returns whether the reader of the feed who has a token has passed a place. */
bool
event_token_has_passed(const SyncToken *token, const TokenPlace *place)
{
	if (!event_generation_is_ordered())
		return has_passed_followed(token, place);
	return snapshot_sees(&token->seen, place) ||
		(token->stage == TOKEN_STEP && snapshot_sees(&token->until, place) && compare_places(place, &token->place) <= 0);
}

/* Returns the later one of two places in the order of the feed. */
TokenPlace
event_token_later(const TokenPlace *a, const TokenPlace *b)
{
	return compare_places(a, b) < 0 ? *b : *a;
}

/* --- writing --- */

static void
write_uuid(StringInfo bytes, const pg_uuid_t *uuid)
{
	appendBinaryStringInfo(bytes, (const char *) uuid->data, UUID_LEN);
}

static void
write_snapshot(StringInfo bytes, const TokenSnapshot *snapshot)
{
	pq_sendint32(bytes, (uint32) snapshot->generation);
	pq_sendint64(bytes, (uint64) snapshot->system_identifier);
	pq_sendint32(bytes, (uint32) snapshot->timeline);
	pq_sendint64(bytes, snapshot->xmin);
	pq_sendint64(bytes, snapshot->xmax);
	pq_sendint32(bytes, (uint32) snapshot->count);
	for (int i = 0; i < snapshot->count; i++)
		pq_sendint64(bytes, snapshot->running[i]);
	pq_sendint64(bytes, (uint64) snapshot->taken_on);
}

/* Returns the text of a token, palloc'ed. */
char *
event_token_write(const SyncToken *token)
{
	StringInfoData bytes;
	char	   *text;

	initStringInfo(&bytes);
	pq_sendint8(&bytes, TOKEN_VERSION);
	pq_sendint8(&bytes, (uint8) token->stage);
	write_uuid(&bytes, &token->org_id);
	write_uuid(&bytes, &token->user_id);
	pq_sendint64(&bytes, token->options);
	write_snapshot(&bytes, &token->seen);
	write_uuid(&bytes, &token->last_event);
	if (token->stage == TOKEN_LOAD)
	{
		pq_sendint8(&bytes, (uint8) token->resource);
		write_uuid(&bytes, &token->row);
	}
	if (token->stage == TOKEN_STEP)
	{
		write_snapshot(&bytes, &token->until);
		pq_sendint32(&bytes, (uint32) token->place.generation);
		pq_sendint64(&bytes, token->place.txid);
		pq_sendint64(&bytes, (uint64) token->place.seq);
		write_uuid(&bytes, &token->place.id);
	}
	text = palloc(BASE64URL_TEXT_SIZE(bytes.len) + 1);
	text[base64url_encode((uint8 *) bytes.data, bytes.len, text)] = '\0';
	return text;
}

/* --- reading --- */

/* The bytes of a token that are not read yet; short after an end that comes too early. */
typedef struct TokenBytes
{
	const uint8 *next;
	size_t		left;
	bool		is_short;
} TokenBytes;

static uint64
read_number(TokenBytes *bytes, int size)
{
	uint64		number = 0;

	if (bytes->left < (size_t) size)
	{
		bytes->is_short = true;
		return 0;
	}
	for (int i = 0; i < size; i++)
		number = number << 8 | bytes->next[i];
	bytes->next += size;
	bytes->left -= size;
	return number;
}

static void
read_uuid(TokenBytes *bytes, pg_uuid_t *uuid)
{
	for (int i = 0; i < UUID_LEN; i++)
		uuid->data[i] = (unsigned char) read_number(bytes, 1);
}

/* Returns whether the snapshot is one that event_token_take_snapshot() can have made. */
static bool
read_snapshot(TokenBytes *bytes, TokenSnapshot *snapshot)
{
	uint32		count;

	snapshot->generation = (int32) read_number(bytes, 4);
	snapshot->system_identifier = (int64) read_number(bytes, 8);
	snapshot->timeline = (int32) read_number(bytes, 4);
	snapshot->xmin = read_number(bytes, 8);
	snapshot->xmax = read_number(bytes, 8);
	count = (uint32) read_number(bytes, 4);
	if (bytes->is_short || count > bytes->left / 8 || snapshot->generation < 1 || snapshot->xmin > snapshot->xmax)
		return false;
	snapshot->count = (int) count;
	snapshot->running = palloc(sizeof(uint64) * (count + 1));
	for (uint32 i = 0; i < count; i++)
		snapshot->running[i] = read_number(bytes, 8);
	snapshot->taken_on = (int64) read_number(bytes, 8);
	return true;
}

/* Reads a token that event_token_write() has made.  Returns false for any other text. */
bool
event_token_read(SyncToken *token, const char *text)
{
	size_t		length = strlen(text);
	uint8	   *decoded;
	TokenBytes	bytes = {0};
	int			size = -1;

	memset(token, 0, sizeof(*token));
	if (length > MAX_TOKEN_SIZE)
		return false;
	decoded = palloc0(BASE64URL_BYTES_SIZE(length) + 1);
	size = base64url_decode(text, length, decoded);
	if (size < 2 || decoded[0] != TOKEN_VERSION || decoded[1] > TOKEN_DONE)
		return false;
	bytes.next = decoded + 2;
	bytes.left = (size_t) size - 2;
	token->stage = (TokenStage) decoded[1];
	read_uuid(&bytes, &token->org_id);
	read_uuid(&bytes, &token->user_id);
	token->options = read_number(&bytes, 8);
	if (!read_snapshot(&bytes, &token->seen))
		return false;
	read_uuid(&bytes, &token->last_event);
	if (token->stage == TOKEN_LOAD)
	{
		token->resource = (int) read_number(&bytes, 1);
		read_uuid(&bytes, &token->row);
	}
	if (token->stage == TOKEN_STEP)
	{
		if (!read_snapshot(&bytes, &token->until))
			return false;
		token->place.generation = (int32) read_number(&bytes, 4);
		token->place.txid = read_number(&bytes, 8);
		token->place.seq = (int64) read_number(&bytes, 8);
		read_uuid(&bytes, &token->place.id);
	}
	return !bytes.is_short && bytes.left == 0;
}
