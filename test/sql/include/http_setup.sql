-- Setup for the http_* tests, included after api_setup.sql: sends a request with names in place of
-- ids and returns the answer as text, with values that differ from run to run masked.
\set ECHO none
\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
CREATE FUNCTION t.http_bytes(method text, uri text, body bytea, headers text DEFAULT '{}') RETURNS text LANGUAGE sql
  AS $$ SELECT t.show(regexp_replace(format('%s %s %s', status, headers, coalesce(convert_from(body, 'UTF8'), '(no body)')),
          '("\d+)-[0-9a-f]{16}', '\1-HASH'))
        FROM taskcrm.tc_http_request(method, t.ids(uri), t.ids(headers)::jsonb, body) $$;
CREATE FUNCTION t.http(method text, uri text, body text DEFAULT NULL, headers text DEFAULT '{}') RETURNS text LANGUAGE sql
  AS $$ SELECT t.http_bytes(method, uri, convert_to(t.ids(body), 'UTF8'), headers) $$;
-- The status and body only.
CREATE FUNCTION t.http_short(method text, uri text, body text DEFAULT NULL, headers text DEFAULT '{}') RETURNS text LANGUAGE sql
  AS $$ SELECT regexp_replace(t.http(method, uri, body, headers), '^(\d+) \{.*?\} ', '\1 ') $$;
-- One member of a JSON answer.
CREATE FUNCTION t.http_json(method text, uri text, body text DEFAULT NULL, headers text DEFAULT '{}') RETURNS json LANGUAGE sql
  AS $$ SELECT convert_from(r.body, 'UTF8')::json
        FROM taskcrm.tc_http_request(method, t.ids(uri), t.ids(headers)::jsonb, convert_to(t.ids(body), 'UTF8')) r $$;
-- Builds a form from parts, each {headers, content}, with the line breaks that browsers use.
CREATE FUNCTION t.form(parts text[]) RETURNS text LANGUAGE sql
  AS $$ SELECT string_agg(E'--XYZ\r\n' || parts[i][1] || E'\r\n\r\n' || parts[i][2] || E'\r\n', '' ORDER BY i) || E'--XYZ--\r\n'
        FROM generate_subscripts(parts, 1) i $$;
CREATE FUNCTION t.field(name text, content text) RETURNS text[] LANGUAGE sql
  AS $$ SELECT ARRAY[format('Content-Disposition: form-data; name="%s"', name), content] $$;
CREATE FUNCTION t.file(file_name text, content_type text, content text) RETURNS text[] LANGUAGE sql
  AS $$ SELECT ARRAY[format(E'Content-Disposition: form-data; name="attachment"; filename="%s"\r\nContent-Type: %s', file_name, content_type), content] $$;
\o
\c - regress_api_alice
\set form '{"content-type": "multipart/form-data; boundary=XYZ"}'
\set ECHO all
