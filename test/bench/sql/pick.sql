-- Selects a thousand tasks of the large organization, and values for new ones.  The scripts
-- of the extension and the hand-written ones pick one of them at random, by number.

CREATE TABLE bench.pick AS
  SELECT g AS n, o.id AS org, t.id AS task, bench.id('user', 0, 1) AS author,
    bench.id('account', 0, g % (o.tasks / 100 + 1)) AS account,
    bench.id('user', 0, g % (o.people / 2)) AS user1, bench.id('user', 0, o.people / 2 + g % (o.people / 2)) AS user2,
    bench.id('contact', 0, g % 30) AS contact1, bench.id('contact', 0, 30 + g % 30) AS contact2,
    bench.id('team', 0, g % 20) AS team
  FROM bench.org o, generate_series(1, 1000) g
  CROSS JOIN LATERAL (SELECT id FROM taskcrm.task t
    WHERE t.org_id = o.id AND t.created_on >= (SELECT loaded_on FROM bench.moment) - (g::bigint * o.tasks / 1000) * o.step
    ORDER BY created_on, id LIMIT 1) t
  WHERE o.n = 0;
ALTER TABLE bench.pick ADD data text;
UPDATE bench.pick SET data = json_build_object('title', 'Review contract proposal ' || n, 'status', 'New', 'priority', 'High',
  'due_date', '2026-02-20', 'account', account, 'contacts', json_build_array(contact1, contact2),
  'assigned_to', json_build_array(user1, user2), 'teams', json_build_array(team));
ALTER TABLE bench.pick ADD PRIMARY KEY (n);
VACUUM ANALYZE bench.pick;
GRANT SELECT ON bench.pick TO PUBLIC;
