-- The locks of tc_install() beside traffic.
--
-- Two kinds of work need locks on a table.  Building indexes, counters and copies of
-- texts takes long and blocks writers only.  Changing policies, checks and triggers is
-- quick, and most of it blocks readers, too.  So the long work comes first, and the quick
-- work last, just before the end of the transaction.
--
-- While a session waits for a lock, all others queue behind it.  So these procedures wait
-- for a moment only, let the queue go ahead, and try again.

-- The tables that are blocked for long: those that get an index, and if writes, those
-- that counters and copies of texts are made from.
CREATE FUNCTION taskcrm_internal.building_tables(writes boolean, OUT tab name, OUT mode text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT b.tab, CASE WHEN bool_or(b.is_written) THEN 'SHARE ROW EXCLUSIVE' ELSE 'SHARE' END
  FROM (SELECT p.tab, false FROM taskcrm_internal.pending_indexes() p WHERE NOT p.is_built
        UNION ALL
        SELECT t, true FROM unnest('{task,task_contact,task_assignee,task_team,task_count}'::name[]) t WHERE building_tables.writes) AS b (tab, is_written)
  GROUP BY b.tab
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.building_tables(boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.building_tables(boolean) IS 'The tables that tc_install() blocks for long, and the lock that this needs.';

-- The tables that are blocked for a moment.
CREATE FUNCTION taskcrm_internal.changing_tables(OUT tab name, OUT mode text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.tab, CASE WHEN bool_or(c.strong) THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE ROW EXCLUSIVE' END
  FROM (SELECT p.tab, true FROM taskcrm_internal.pending_checks() p WHERE NOT p.validates
        UNION ALL
        SELECT u.tab, true FROM taskcrm_internal.unforced_tables() u
        UNION ALL
        SELECT p.tab, true FROM taskcrm_internal.pending_policies() p
        UNION ALL
        SELECT f.tab, true FROM taskcrm_internal.former_policies() f
        UNION ALL
        SELECT f.tab, true FROM taskcrm_internal.former_indexes() f
        UNION ALL
        SELECT p.tab, p.is_there FROM taskcrm_internal.pending_triggers() p
        UNION ALL
        SELECT s.tab, false FROM taskcrm_internal.sleeping_triggers() s) AS c (tab, strong)
  GROUP BY c.tab
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.changing_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.changing_tables() IS 'The tables that tc_install() changes, and the lock that this needs.';

-- Every table with its place in the order in which it is locked: that of the registry,
-- tables of others last.
CREATE FUNCTION taskcrm_internal.tables_in_order(OUT tab name, OUT relation regclass, OUT place bigint) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, c.oid::regclass, row_number() OVER (ORDER BY r.place, c.oid)
  FROM pg_class c
  LEFT JOIN taskcrm_internal.table_names() WITH ORDINALITY AS r (tab, place) ON r.tab = c.relname
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.tables_in_order() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.tables_in_order() IS 'The tables in the order in which tc_install() locks them.';

-- Locks tables, each in its mode, in the order of the arrays: all or none of them.  Waits
-- at most the time in milliseconds, in short attempts.  deadlock_timeout is shorter than
-- an attempt, because then autovacuum is canceled if it is in the way.  Raises 55P03, with a
-- notice before it that names who is in the way.
CREATE PROCEDURE taskcrm_internal.lock_tables(tables regclass[], modes text[], patience integer)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '300ms' SET deadlock_timeout = '100ms' AS $install$
DECLARE
  attempt CONSTANT integer := 300;
  notice_interval CONSTANT interval := '10 s';
  began CONSTANT timestamptz := clock_timestamp();
  noticed timestamptz;
  ends timestamptz;
  place integer;
  is_hopeless boolean;
  holders text;
BEGIN
  LOOP
    ends := clock_timestamp() + attempt * interval '1 ms';
    BEGIN
      -- If the last table is not to be had, the first is not blocked for longer either.
      FOR i IN 1 .. cardinality(tables) LOOP
        place := i;
        PERFORM set_config('lock_timeout',
          greatest(1, extract(epoch FROM ends - clock_timestamp()) * 1000)::integer::text, true);
        EXECUTE format('LOCK TABLE ONLY %s IN %s MODE', tables[i], modes[i]);
      END LOOP;
      RETURN;
    -- Either has released all of them.  In a deadlock, somebody waits for a lock that this
    -- transaction keeps.
    EXCEPTION
      WHEN lock_not_available THEN is_hopeless := false;
      WHEN deadlock_detected THEN is_hopeless := true;
    END;
    SELECT string_agg(DISTINCT l.pid::text, ', ') INTO holders FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.relation = tables[place] AND l.granted AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND (l.mode <> 'AccessShareLock' OR modes[place] = 'ACCESS EXCLUSIVE');
    IF is_hopeless OR clock_timestamp() >= began + patience * interval '1 ms' THEN
      RAISE lock_not_available USING
        MESSAGE = format('could not lock table "%s"', tables[place]),
        DETAIL = format('Processes that hold a lock on it: %s.', coalesce(holders, 'none any more')),
        HINT = 'Nothing was changed. Call tc_install() again when these transactions have ended, or with a larger lock_timeout.'
          ' Statements of tc_pending_ddl() leave less to do.';
    END IF;
    IF noticed IS NULL OR clock_timestamp() >= noticed + notice_interval THEN
      RAISE NOTICE 'waiting for a lock on table "%"', tables[place]
        USING DETAIL = format('Processes that hold a lock on it: %s.', coalesce(holders, 'none any more'));
      noticed := clock_timestamp();
    END IF;
    PERFORM taskcrm_internal.show_progress(format('waiting for a lock on %s', tables[place]));
    PERFORM pg_sleep(0.2);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_tables(regclass[], text[], integer) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.lock_tables(regclass[], text[], integer) IS
  'Locks all tables or none, and lets other sessions go ahead meanwhile.';

-- For how long tc_install() waits: lock_timeout, or a minute without it.  Not for ever:
-- CREATE INDEX CONCURRENTLY waits for us while we wait for it, and so does a transaction
-- that has read a table and now wants to write it.
CREATE FUNCTION taskcrm_internal.lock_patience() RETURNS integer
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(nullif(s.setting::integer, 0), 60000) FROM pg_settings s WHERE s.name = 'lock_timeout'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.lock_patience() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.lock_patience() IS 'For how many milliseconds tc_install() waits for locks.';

-- Takes the locks that columns and keys need, on which everything else depends.  If a table
-- also gets an index, readers wait for that: tc_pending_ddl() has statements that avoid it.
CREATE PROCEDURE taskcrm_internal.lock_shaping()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  tables regclass[];
BEGIN
  SELECT array_agg(r.relation ORDER BY r.place) INTO tables
  FROM taskcrm_internal.tables_in_order() r
  WHERE r.tab IN (SELECT d.tab FROM taskcrm_internal.differing_columns() d
                  UNION ALL
                  SELECT d.tab FROM taskcrm_internal.differing_keys() d
                  WHERE d.found_definition IS DISTINCT FROM d.definition || ' NOT VALID');
  IF tables IS NOT NULL THEN
    CALL taskcrm_internal.lock_tables(tables, array_fill('ACCESS EXCLUSIVE'::text, ARRAY[cardinality(tables)]),
                                      taskcrm_internal.lock_patience());
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_shaping() FROM PUBLIC;

-- Takes the locks of the long work.  Where quick work follows that blocks readers, this
-- blocks row locks, too: a writer that locked a row and waits for us would never let us
-- block readers.
CREATE PROCEDURE taskcrm_internal.lock_building(writes boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  tables regclass[];
  modes text[];
BEGIN
  IF NOT EXISTS (SELECT FROM taskcrm_internal.building_tables(lock_building.writes)) THEN
    RETURN;
  END IF;
  SELECT array_agg(r.relation ORDER BY r.place),
         array_agg(CASE WHEN c.mode = 'ACCESS EXCLUSIVE' THEN 'EXCLUSIVE' ELSE coalesce(c.mode, b.mode) END ORDER BY r.place)
    INTO tables, modes
  FROM taskcrm_internal.building_tables(lock_building.writes) b
  JOIN taskcrm_internal.tables_in_order() r ON r.tab = b.tab
  LEFT JOIN taskcrm_internal.changing_tables() c ON c.tab = b.tab;
  CALL taskcrm_internal.lock_tables(tables, modes, taskcrm_internal.lock_patience());
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_building(boolean) FROM PUBLIC;

-- Takes the locks of the quick work, and returns whether there is any.  Writers of tables
-- that are locked already wait meanwhile, so this has less patience.
CREATE PROCEDURE taskcrm_internal.lock_changing(INOUT changes boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  tables regclass[];
  modes text[];
BEGIN
  SELECT array_agg(r.relation ORDER BY r.place), array_agg(c.mode ORDER BY r.place) INTO tables, modes
  FROM taskcrm_internal.changing_tables() c
  JOIN taskcrm_internal.tables_in_order() r ON r.tab = c.tab;
  changes := tables IS NOT NULL;
  IF changes THEN
    CALL taskcrm_internal.lock_tables(tables, modes, least(taskcrm_internal.lock_patience(), 10000));
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_changing(boolean) FROM PUBLIC;
