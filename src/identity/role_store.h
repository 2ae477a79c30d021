/*
 * role_store.h
 *		Stores which roles are logins of users, and which are gateways.
 */
#ifndef TASKCRM_ROLE_STORE_H
#define TASKCRM_ROLE_STORE_H

typedef enum RoleStatement
{
	ROLE_WRITE_LOGIN,			/* name, OID, user */
	ROLE_WRITE_GATEWAY,			/* name, OID */
	ROLE_DELETE_LOGIN,			/* name */
	ROLE_DELETE_GATEWAY,		/* name */
	ROLE_RENAME_LOGIN,			/* the stored name, the current name, OID */
	ROLE_RENAME_GATEWAY			/* the same */
} RoleStatement;

extern void role_store_run(RoleStatement statement, const NullableDatum *args);

#endif
