/*
 * owner.h
 *		The owner of the tables, and how code runs as that role.
 */
#ifndef TASKCRM_OWNER_H
#define TASKCRM_OWNER_H

/* The purposes for which code runs as the owner. */
typedef enum OwnerMode
{
	OWNER_TENANT,				/* row-level security binds every statement */
	OWNER_BOOKKEEPING			/* it does not: identity, provisioning, maintenance */
} OwnerMode;

typedef struct OwnerSwitch
{
	Oid			saved_user;
	int			saved_context;
} OwnerSwitch;

extern bool owner_schema_is_ours(Oid schema);
extern Oid	owner_require_table(const char *name);
extern Oid	owner_of_table(Oid table);
extern void owner_enter(OwnerSwitch *saved, OwnerMode mode);
extern void owner_leave(const OwnerSwitch *saved);
extern bool owner_mode_is(OwnerMode mode);
extern bool owner_is_session(void);
extern bool owner_runs(void);
extern bool owner_plans(void);

#endif
