-- Creates tasks of the large organization without a description and with a long one.
CREATE TABLE bench.described AS
  SELECT n, is_long, gen_random_uuid() AS task FROM generate_series(1, 100) n, unnest(ARRAY[false, true]) is_long;
INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, created_by)
  SELECT p.org, d.task, 'Update the description', CASE WHEN d.is_long
      THEN left((SELECT string_agg(md5(d.n || ' ' || i), E'\n') FROM generate_series(1, 3100) i), 100000) ELSE '' END,
    'New', 'Normal', p.author
  FROM bench.described d JOIN bench.pick p ON p.n = d.n;
ALTER TABLE bench.described ADD PRIMARY KEY (n, is_long);
VACUUM ANALYZE bench.described;
GRANT SELECT ON bench.described TO PUBLIC;
