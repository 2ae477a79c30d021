\set n random(0, 2)
INSERT INTO TABLE (org_id, id, title, status, priority, due_date, created_on, created_by, updated_on)
VALUES (bench.id('org', :n, 0), gen_random_uuid(), 'Call about the quote of Acme', 'New', 'Normal', current_date, now(), bench.id('user', :n, 1), now());
