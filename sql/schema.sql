-- Without IF NOT EXISTS, so that an existing schema of this name, with whatever was
-- planted in it, makes the installation fail.
CREATE SCHEMA taskcrm;
COMMENT ON SCHEMA taskcrm IS
  'The Tasks API of a CRM: tables, types and the tc_* functions.';

CREATE SCHEMA taskcrm_internal;
COMMENT ON SCHEMA taskcrm_internal IS
  'Support functions of taskcrm, which are not meant to be called directly, and tables that no client reads.';
