# Prints the part of an upgrade script that is made from the install script: functions and
# procedures, with their comments, each replacing the one of the older version.
# What an upgrade cannot create again (types, operators, operator classes, schemas, the event
# trigger) is left out; the step of the version, sql/upgrade/A--B.sql, creates what is new.

/^(\\echo|SET LOCAL) / {
	next
}

/^CREATE (SCHEMA|TYPE|DOMAIN|OPERATOR|EVENT TRIGGER) / {
	left_out = 1
}

# The last statement revokes and grants what is missing.  Whatever else a script grants or revokes
# makes the rights that clients have by then part of the extension, and dumps omit them.
/^(GRANT|REVOKE) / {
	left_out = 1
}

/^CREATE (FUNCTION|PROCEDURE) / {
	sub(/^CREATE /, "CREATE OR REPLACE ")
}

/^CALL taskcrm_internal.install_rights/ {
	sub(/true/, "false")
}

!left_out {
	print
}

/;$/ {
	left_out = 0
}
