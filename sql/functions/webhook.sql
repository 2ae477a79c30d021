-- Webhooks.  First what admins of an organization call.

CREATE FUNCTION taskcrm.tc_create_webhook(url text, types text[] DEFAULT NULL, filters jsonb DEFAULT '{}',
    idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_webhook';
REVOKE ALL ON FUNCTION taskcrm.tc_create_webhook(text, text[], jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_webhook(text, text[], jsonb, text) IS
  'Create a webhook: from now on, events are sent to a URL. Returns it with its secret, which cannot be read again.';

CREATE FUNCTION taskcrm.tc_update_webhook(pk uuid, webhook_data jsonb) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_webhook';
REVOKE ALL ON FUNCTION taskcrm.tc_update_webhook(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_webhook(uuid, jsonb) IS
  'Change the url, types or filters of a webhook, or disable or activate it: the keys that are sent.';

CREATE FUNCTION taskcrm.tc_rotate_webhook_secret(pk uuid, overlap interval DEFAULT '1 day', idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rotate_webhook_secret';
REVOKE ALL ON FUNCTION taskcrm.tc_rotate_webhook_secret(uuid, interval, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_rotate_webhook_secret(uuid, interval, text) IS
  'Give a webhook another secret, and return it. For some time, messages are signed with both.';

CREATE FUNCTION taskcrm.tc_delete_webhook(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_webhook';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_webhook(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_webhook(uuid) IS 'Delete a webhook.';

CREATE FUNCTION taskcrm.tc_list_webhooks() RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_webhooks';
REVOKE ALL ON FUNCTION taskcrm.tc_list_webhooks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_webhooks() IS
  'List the webhooks with their state: what waits, what failed, what was given up, and why one is disabled.';

CREATE FUNCTION taskcrm.tc_get_webhook(pk uuid) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_webhook';
REVOKE ALL ON FUNCTION taskcrm.tc_get_webhook(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_webhook(uuid) IS
  'Get a webhook with its state: what waits, what failed, what was given up, and why it is disabled.';

CREATE FUNCTION taskcrm.tc_test_webhook(pk uuid) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_test_webhook';
REVOKE ALL ON FUNCTION taskcrm.tc_test_webhook(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_test_webhook(uuid) IS
  'Send a test to a webhook, once and ahead of other events. tc_list_webhooks() tells the result.';

-- What workers call, for all organizations: tc_grant_worker() grants it.

CREATE FUNCTION taskcrm.tc_claim_deliveries(max_webhooks integer DEFAULT 10, max_events integer DEFAULT 100,
    lease interval DEFAULT '1 minute', OUT claim uuid, OUT webhook_id uuid, OUT event_id uuid, OUT url text,
    OUT headers jsonb, OUT body bytea) RETURNS SETOF record
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_claim_deliveries';
REVOKE ALL ON FUNCTION taskcrm.tc_claim_deliveries(integer, integer, interval) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_claim_deliveries(integer, integer, interval) IS
  'Claim the next events of webhooks, with what to send: the messages of one webhook together and in order.';

CREATE FUNCTION taskcrm.tc_finish_delivery(claim uuid, event_id uuid, status integer, retry_after interval DEFAULT NULL,
    error text DEFAULT NULL) RETURNS jsonb
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_finish_delivery';
REVOKE ALL ON FUNCTION taskcrm.tc_finish_delivery(uuid, uuid, integer, interval, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_finish_delivery(uuid, uuid, integer, interval, text) IS
  'Record what became of the next event of a claim: the HTTP status, or NULL if there was no answer.';
