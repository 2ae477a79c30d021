\set n random(0, 3)
SELECT t.* FROM TABLE t
WHERE t.org_id = bench.id('org', :n, 0) AND t.status = 'New' ORDER BY t.created_on DESC, t.id DESC LIMIT 10;
