-- The last statement of the script, and of every upgrade script with fresh => false: it
-- makes privileges independent of the installing role's default privileges.
CALL taskcrm_internal.install_rights(fresh => true);
