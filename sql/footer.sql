-- The last statement of the script, and of every upgrade script with fresh => false:
-- default privileges of the installing role have no say in who may do what.
CALL taskcrm_internal.install_rights(fresh => true);
