-- Restores the database and the cluster to their state before setup.sql.
\o /dev/null
\connect - :superuser
SET client_min_messages = error;
\ir drop_extension.sql
DROP SCHEMA extensions;
DROP FUNCTION public.attempt(text);
DROP FUNCTION public.id(text, integer);
DO $$
DECLARE
  role name;
BEGIN
  FOREACH role IN ARRAY ARRAY['regress_owner', 'regress_ada', 'regress_bob', 'regress_cyd', 'regress_dan',
                              'regress_nobody', 'regress_gateway']::name[] LOOP
    EXECUTE format('DROP OWNED BY %I', role);
    EXECUTE format('DROP ROLE %I', role);
  END LOOP;
END
$$;
\o
