-- Creates a database in :encoding with one organization, whose admin alice calls the API, and
-- helpers that show the non-ASCII bytes of UTF-8 answers in hexadecimal.
\set QUIET on
\c regress_api :api_superuser
SET client_min_messages = error;
\o /dev/null
DROP DATABASE IF EXISTS regress_api_encoding;
CREATE DATABASE regress_api_encoding TEMPLATE template0 ENCODING :'encoding' LOCALE 'C';
\c regress_api_encoding
SET client_min_messages = error;
CREATE EXTENSION taskcrm;
CALL taskcrm.tc_install(owner => 'regress_api_owner');
SELECT taskcrm.tc_grant_access('regress_api_alice'), taskcrm.tc_create_organization('Acme', '0a000000-0000-4000-8000-000000000001'),
  taskcrm.tc_create_user('alice@acme.example', 'Alice', '0a000000-0000-4000-8000-0000000000a1');
SELECT taskcrm.tc_add_member('0a000000-0000-4000-8000-000000000001', '0a000000-0000-4000-8000-0000000000a1', 'admin'),
  taskcrm.tc_link_login('regress_api_alice', '0a000000-0000-4000-8000-0000000000a1');
CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;

-- Shows bytes outside printable ASCII as \xNN; t.utf8() does the same for a text of the database.
CREATE FUNCTION t.shown(bytes bytea) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(CASE WHEN b BETWEEN 32 AND 126 THEN chr(b) ELSE '\x' || to_hex(b) END, '' ORDER BY i), '')
  FROM generate_series(0, octet_length(bytes) - 1) i, get_byte(bytes, i) b $$;
CREATE FUNCTION t.utf8(value text) RETURNS text LANGUAGE sql AS $$
  SELECT t.shown(CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN replace(value, '\', '\\')::bytea ELSE convert_to(value, 'UTF8') END) $$;
CREATE FUNCTION t.to_utf8(value text) RETURNS bytea LANGUAGE sql AS $$
  SELECT CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN replace(value, '\', '\\')::bytea ELSE convert_to(value, 'UTF8') END $$;
CREATE FUNCTION t.json(body bytea) RETURNS json LANGUAGE sql AS $$
  SELECT (CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN convert_from(body, 'SQL_ASCII') ELSE convert_from(body, 'UTF8') END)::json $$;

CREATE FUNCTION t.answer(method text, uri text, body bytea DEFAULT NULL, headers text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT r.status || ' ' || t.shown(r.body) FROM taskcrm.tc_http_request(method, uri, headers::jsonb, body) r $$;
-- Returns the status and checks that the body is UTF-8; returns the error if the function raises
-- one.
CREATE FUNCTION t.status(method text, uri text, body bytea DEFAULT NULL, headers text DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  SELECT * INTO r FROM taskcrm.tc_http_request(method, uri, headers::jsonb, body);
  PERFORM convert(r.body, 'UTF8', 'UTF8');
  RETURN concat_ws(' ', r.status, substring(t.shown(r.body) FROM '"code":"(\w+)"'));
EXCEPTION WHEN others THEN
  RETURN 'raised ' || sqlstate || ': ' || sqlerrm;
END
$$;
CREATE FUNCTION t.post(uri text, body text) RETURNS text LANGUAGE sql AS $$
  SELECT r.status || ' ' || t.utf8(coalesce(t.json(r.body) ->> 'title', t.json(r.body)::text)) FROM taskcrm.tc_http_request('POST', uri, '{}', t.to_utf8(body)) r $$;
CREATE FUNCTION t.form(uri text, body text) RETURNS text LANGUAGE sql AS $$
  SELECT r.status || ' ' || t.utf8(coalesce(t.json(r.body) ->> 'title', t.json(r.body)::text))
  FROM taskcrm.tc_http_request('POST', uri, '{"content-type": "multipart/form-data; boundary=X"}', t.to_utf8(body)) r $$;
CREATE FUNCTION t.page(uri text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' | ', r.status, t.json(r.body) ->> 'count',
    t.utf8((SELECT string_agg(e ->> 'title', ', ') FROM json_array_elements(t.json(r.body) -> 'results') e)),
    t.json(r.body) ->> 'next', t.json(r.body) ->> 'previous', t.json(r.body) ->> 'message') FROM taskcrm.tc_http_request('GET', uri) r $$;
-- Follows the next links from a page and returns all pages.
CREATE FUNCTION t.walk(uri text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR i IN 1 .. 10 LOOP
    SELECT * INTO r FROM taskcrm.tc_http_request('GET', uri);
    RETURN NEXT r.status || ' ' || t.utf8((SELECT string_agg(e ->> 'title', ', ') FROM json_array_elements(t.json(r.body) -> 'results') e));
    uri := t.json(r.body) ->> 'next';
    EXIT WHEN uri IS NULL;
    RETURN NEXT regexp_replace(uri, 'cursor=.*', 'cursor=');
  END LOOP;
END
$$;
-- Puts a text that cannot be converted to UTF-8 into every input: each request must be answered.
CREATE FUNCTION t.without_unicode(value text) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  task uuid;
BEGIN
  INSERT INTO taskcrm.task (org_id, title) VALUES ('0a000000-0000-4000-8000-000000000001', value) RETURNING id INTO task;
  INSERT INTO taskcrm.task_attachment (org_id, id, task_id, file_name, content_type, size, sha256)
  VALUES ('0a000000-0000-4000-8000-000000000001', task, task, value || '.txt', 'text/plain', 1, sha256('x'));
  INSERT INTO taskcrm.task_attachment_content VALUES ('0a000000-0000-4000-8000-000000000001', task, 'x');
  RETURN QUERY SELECT t.status(v.method, replace(v.uri, 'ID', task::text), convert_to(v.body, 'SQL_ASCII'), v.headers) FROM (VALUES
    ('GET', '/api/tasks/', NULL, '{}'), ('GET', '/api/tasks/ID/', NULL, '{}'), ('GET', '/api/tasks/?title=' || value, NULL, '{}'), ('GET', '/' || value, NULL, '{}'),
    ('PUT', '/api/tasks/ID/', '{"priority": "High"}', '{}'), (value, '/api/tasks/', NULL, '{}'),
    ('POST', '/api/tasks/', '{}', format('{"content-type": "text/%s"}', value)), ('GET', '/api/tasks/', NULL, format('{"organization-id": "%s"}', value)),
    ('POST', '/api/tasks/', '{"title": "x"}', format('{"idempotency-key": "%s"}', value)), ('GET', '/api/tasks/', NULL, format('{"authorization": "Bearer %s"}', value)),
    ('GET', '/api/tasks/', NULL, format('{"%s": "x"}', value))) v (method, uri, body, headers);
  RETURN QUERY SELECT r.status || ' ' || t.utf8(r.headers ->> 'content-disposition') || ' ' || t.shown(r.body)
    FROM taskcrm.tc_http_request('GET', '/api/tasks/attachment/' || task || '/') r;
  -- A rule of the installation's own that names it.
  EXECUTE format('CREATE FUNCTION t.refuse() RETURNS trigger LANGUAGE plpgsql AS %L', format('BEGIN RAISE EXCEPTION %L USING HINT = %L; END', 'no ' || value, value));
  CREATE TRIGGER refuse BEFORE INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.refuse();
  RETURN NEXT t.answer('POST', '/api/tasks/', '{"title": "x"}');
END
$$;
-- Whether a comment mentions a new member.
CREATE FUNCTION t.mentions(email text, comment text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  member uuid := (SELECT id FROM taskcrm.app_user u WHERE u.email = mentions.email);
BEGIN
  IF member IS NULL THEN
    member := taskcrm.tc_create_user(email);
    PERFORM taskcrm.tc_add_member('0a000000-0000-4000-8000-000000000001', member);
  END IF;
  RETURN member::text = taskcrm.tc_add_task_comment_or_attachment((SELECT id FROM taskcrm.task LIMIT 1), comment) -> 'comment' -> 'mentions' ->> 0;
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
\o
SET client_encoding = :'encoding';
\c - regress_api_alice
\pset tuples_only on
\pset format unaligned
\set ECHO all
