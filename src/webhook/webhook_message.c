/*
 * webhook_message.c
 *		The messages that webhooks send, and their signatures: Standard Webhooks 1.0.
 *
 * The signature is made of the id of the event, the time of the attempt and the bytes of the
 * body.  While a secret is being replaced, there are two signatures, so that the receiver can
 * change over at any time.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/character.h"
#include "base/compat.h"
#include "identity/signature.h"
#include "webhook/webhook_message.h"

#define SECRET_SIZE 32
#define SECRET_PREFIX "whsec_"

/* Returns a new secret. */
bytea *
webhook_message_make_secret(void)
{
	bytea	   *secret = palloc(VARHDRSZ + SECRET_SIZE);

	SET_VARSIZE(secret, VARHDRSZ + SECRET_SIZE);
	if (!pg_strong_random(VARDATA(secret), SECRET_SIZE))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random secret")));
	return secret;
}

/* Returns base64 of at most 57 bytes, which has no line breaks. */
static char *
to_base64(const bytea *bytes)
{
	return TextDatumGetCString(DirectFunctionCall2(binary_encode, PointerGetDatum(bytes), CStringGetTextDatum("base64")));
}

/* Returns a secret as receivers are told it. */
char *
webhook_message_show_secret(const bytea *secret)
{
	return psprintf("%s%s", SECRET_PREFIX, to_base64(secret));
}

/* Returns the bytes of a body: its JSON in UTF-8. */
bytea *
webhook_message_body(JsonWriter *json)
{
	char	   *utf8 = text_in_utf8_lossy(TextDatumGetCString(json_write_end(json)));

	return (bytea *) cstring_to_text(utf8);
}

/* Appends a signature, behind a blank if there is one already. */
static void
append_signature(StringInfo header, const StringInfoData *text, const bytea *secret)
{
	SignatureKey key = {.bytes = (const uint8 *) VARDATA_ANY(secret), .size = VARSIZE_ANY_EXHDR(secret)};
	bytea	   *signature = palloc(VARHDRSZ + SIGNATURE_HMAC_SIZE);

	SET_VARSIZE(signature, VARHDRSZ + SIGNATURE_HMAC_SIZE);
	if (!signature_make_hmac(key, text->data, (size_t) text->len, (uint8 *) VARDATA(signature)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not sign a message")));
	appendStringInfo(header, "%sv1,%s", header->len == 0 ? "" : " ", to_base64(signature));
}

/*
 * Returns the headers of an attempt to send a body, as a JSON object of strings.
 * former_secret: NULL for none.
 */
Jsonb *
webhook_message_headers(const pg_uuid_t *event_id, TimestampTz now, const bytea *body,
						const bytea *secret, const bytea *former_secret)
{
	int64		seconds = now / USECS_PER_SEC + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) SECS_PER_DAY;
	char		id[TC_UUID_TEXT_LEN + 1];
	StringInfoData text;
	StringInfoData signatures;

	tc_uuid_format(event_id, id);
	initStringInfo(&text);
	appendStringInfo(&text, "%s." INT64_FORMAT ".", id, seconds);
	appendBinaryStringInfo(&text, VARDATA_ANY(body), (int) VARSIZE_ANY_EXHDR(body));
	initStringInfo(&signatures);
	append_signature(&signatures, &text, secret);
	if (former_secret != NULL)
		append_signature(&signatures, &text, former_secret);
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf(
		"{\"content-type\": \"application/json\", \"webhook-id\": \"%s\", \"webhook-timestamp\": \"" INT64_FORMAT "\","
		" \"webhook-signature\": \"%s\"}", id, seconds, signatures.data))));
}
