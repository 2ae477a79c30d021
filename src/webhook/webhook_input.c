/*
 * webhook_input.c
 *		Reads the webhooks that callers send.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "base/settings.h"
#include "event/event_filter.h"
#include "task/event_type.h"
#include "webhook/webhook.h"
#include "webhook/webhook_input.h"
#include "wire/json_read.h"
#include "wire/uri.h"

#define WEBHOOK_DATA "webhook_data"

/* The most bytes of filters, and the most types. */
#define MAX_FILTERS_SIZE 65536
#define MAX_TYPES 100

typedef struct WebhookReader
{
	WebhookData *data;
	bool		is_new;
	const Identity *identity;
} WebhookReader;

static const char *const webhook_keys[WEBHOOK_KEYS] = {
	[WEBHOOK_URL] = "url",
	[WEBHOOK_TYPES] = "types",
	[WEBHOOK_FILTERS] = "filters",
	[WEBHOOK_IS_ACTIVE] = "is_active"
};

tc_noreturn static void
refuse_webhook_value(const JsonReadKey *key, const char *detail, const char *hint)
{
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, detail, hint);
}

/* Returns whether what follows the colon after a host is a port, if there is one. */
static bool
is_port(const char *host, size_t length)
{
	size_t		digits = length;
	int			port = 0;

	/* An address in brackets contains colons, and so may a password, which is refused elsewhere. */
	while (digits > 0 && strchr(":]@", host[digits - 1]) == NULL)
		digits--;
	if (digits == 0 || host[digits - 1] != ':')
		return true;
	for (size_t i = digits; i < length && port <= 65535; i++)
	{
		if (host[i] < '0' || host[i] > '9')
			return false;
		port = port * 10 + (host[i] - '0');
	}
	return port > 0 && port <= 65535;
}

/*
 * A URL that has a user or a password would show it in lists and logs.  What an address is
 * only the worker knows, when it connects.
 */
static Datum
read_url(const JsonReadKey *key, const JsonbValue *value)
{
	char	   *url = json_read_string(key, value);
	const char *host;
	size_t		length;

	if (!url_is_valid(url))
		refuse_webhook_value(key, psprintf("It is not a URL of at most %d characters.", URL_MAX_LENGTH), "Send a URL that begins with https://.");
	if (strncmp(url, "https://", 8) != 0 && !settings_webhook_allow_http)
		refuse_webhook_value(key, "It does not begin with https://.", "An administrator can allow http with taskcrm.webhook_allow_http.");
	host = strstr(url, "://") + 3;
	length = strcspn(host, "/?#");
	if (length == 0 || host[0] == ':')
		refuse_webhook_value(key, "It has no host.", NULL);
	if (!is_port(host, length))
		refuse_webhook_value(key, "Its port is not a number from 1 to 65535.", NULL);
	if (memchr(host, '@', length) != NULL)
		refuse_webhook_value(key, "It contains a user or a password.", "The receiver knows the sender by the signature.");
	if (strchr(host, '#') != NULL)
		refuse_webhook_value(key, "It has a fragment.", NULL);
	for (const char *c = url; *c != '\0'; c++)
	{
		if (IS_HIGHBIT_SET(*c) || strchr("\"<>\\^`{|}", *c) != NULL)
			refuse_webhook_value(key, "It contains a character that must be encoded.", "Write it as % and two hexadecimal digits, and a host in Punycode.");
	}
	return CStringGetTextDatum(url);
}

static Datum
read_types(const JsonReadKey *key, const JsonbValue *value)
{
	char	  **types;
	Datum	   *elements;
	int			count = value->type == jbvNull ? 0 : json_read_array(key, value, &types);

	if (count > MAX_TYPES)
		refuse_webhook_value(key, psprintf("The array has more than %d elements.", MAX_TYPES), NULL);
	elements = palloc(sizeof(Datum) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		if (!event_type_is_valid(types[i]))
			refuse_webhook_value(key, psprintf("There is no type \"%s\" of events.", json_read_clip(types[i])),
								 EVENT_TYPE_HINT "; an empty array means all.");
		elements[i] = CStringGetTextDatum(types[i]);
	}
	return PointerGetDatum(construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static Datum
read_webhook_filters(const JsonReadKey *key, const JsonbValue *value, const Identity *identity)
{
	Jsonb	   *filters;

	if (value->type == jbvNull)
		return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	filters = event_filter_of_value(key, value);
	if (json_read_is_longer(filters, MAX_FILTERS_SIZE))
		refuse_webhook_value(key, psprintf("They are larger than %d bytes.", MAX_FILTERS_SIZE), NULL);
	event_filter_check(key, filters, identity);
	return JsonbPGetDatum(filters);
}

static Datum
read_webhook_value(const WebhookReader *reader, WebhookKey number, const JsonReadKey *key, const JsonbValue *value)
{
	switch (number)
	{
		case WEBHOOK_URL:
			return read_url(key, value);
		case WEBHOOK_TYPES:
			return read_types(key, value);
		case WEBHOOK_FILTERS:
			return read_webhook_filters(key, value, reader->identity);
		case WEBHOOK_IS_ACTIVE:
		case WEBHOOK_KEYS:
			break;
	}
	return BoolGetDatum(json_read_bool(key, value));
}

/* Returns WEBHOOK_KEYS for a key that clients do not write. */
static WebhookKey
find_webhook_key(const char *name)
{
	int			key = 0;

	while (key < WEBHOOK_KEYS && strcmp(webhook_keys[key], name) != 0)
		key++;
	return (WebhookKey) key;
}

static void
read_webhook_key(void *state, const char *name, const JsonbValue *value)
{
	WebhookReader *reader = state;
	JsonReadKey json_key = {.object = WEBHOOK_DATA, .key = name};
	WebhookKey	key = find_webhook_key(name);

	if (key == WEBHOOK_KEYS)
	{
		if (reader->is_new || !row_has_field(&webhook_schema, name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown key \"%s\" in %s", json_read_clip(name), WEBHOOK_DATA),
					 errhint("Valid keys are url, types, filters and is_active.")));
		reader->data->is_sent_back = true;
		return;
	}
	reader->data->sent[key] = true;
	reader->data->values[key] = read_webhook_value(reader, key, &json_key, value);
}

/*
 * Reads a webhook, or changes of one.  is_new: the URL is required, and what is not sent gets
 * its default.  Otherwise keys that clients only read are noted, for the caller to compare.
 * Raises 22023 and the errors of filters.  Needs an API call in progress.
 */
void
webhook_input_read(WebhookData *data, Jsonb *json, bool is_new, const Identity *identity)
{
	WebhookReader reader = {.data = data, .is_new = is_new, .identity = identity};
	JsonReadKey key = {.object = WEBHOOK_DATA, .key = webhook_keys[WEBHOOK_URL]};

	memset(data, 0, sizeof(*data));
	json_read_object(&json->root, WEBHOOK_DATA, read_webhook_key, &reader);
	if (!is_new)
		return;
	if (!data->sent[WEBHOOK_URL])
		refuse_webhook_value(&key, "It is required.", NULL);
	if (!data->sent[WEBHOOK_TYPES])
		data->values[WEBHOOK_TYPES] = PointerGetDatum(construct_empty_array(TEXTOID));
	if (!data->sent[WEBHOOK_FILTERS])
		data->values[WEBHOOK_FILTERS] = DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	if (!data->sent[WEBHOOK_IS_ACTIVE])
		data->values[WEBHOOK_IS_ACTIVE] = BoolGetDatum(true);
}

/* Returns whether a webhook with these types wants events of a type.  types: text[]. */
bool
webhook_input_has_type(ArrayType *types, const char *type)
{
	size_t		noun = strcspn(type, ".");
	Datum	   *elements;
	int			count;

	deconstruct_array(types, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *wanted = TextDatumGetCString(elements[i]);

		if (strcmp(wanted, type) == 0 ||
			(strncmp(wanted, type, noun + 1) == 0 && strcmp(wanted + noun, ".*") == 0))
			return true;
	}
	return count == 0;
}
