/*
 * compat.h
 *		Every difference between the PostgreSQL versions that taskcrm supports.
 */
#ifndef TASKCRM_COMPAT_H
#define TASKCRM_COMPAT_H

#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "nodes/pathnodes.h"
#if PG_VERSION_NUM >= 160000
#include "parser/parse_relation.h"
#endif
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM < 150000
#error "taskcrm needs PostgreSQL 15 or later"
#endif

/* Marks a function that returns only by raising an error. */
#if PG_VERSION_NUM >= 180000
#define tc_noreturn pg_noreturn
#else
#define tc_noreturn pg_attribute_noreturn()
#endif

/* The local id of the transaction that a process runs. */
#if PG_VERSION_NUM >= 170000
#define tc_proc_lxid(proc) ((proc)->vxid.lxid)
#else
#define tc_proc_lxid(proc) ((proc)->lxid)
#endif

/* Strings that a check hook returns must be malloc'ed before 16. */
#if PG_VERSION_NUM < 160000
#define tc_guc_malloc(size) malloc(size)
#define tc_guc_free(pointer) free(pointer)
#else
#define tc_guc_malloc(size) guc_malloc(LOG, (size))
#define tc_guc_free(pointer) guc_free(pointer)
#endif

/* Returns whether a role has USAGE on a schema. */
static inline bool
tc_may_use_schema(Oid schema, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, schema, role, ACL_USAGE) == ACLCHECK_OK;
#else
	return pg_namespace_aclcheck(schema, role, ACL_USAGE) == ACLCHECK_OK;
#endif
}

/* Returns whether a role has EXECUTE on a function. */
static inline bool
tc_may_execute(Oid function, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
#else
	return pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

/* Returns the record of a setting, or NULL. */
static inline struct config_generic *
tc_find_setting(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return find_option(name, false, true, 0);
#else
	struct config_generic **all = get_guc_variables();
	int			count = GetNumConfigOptions();

	for (int i = 0; i < count; i++)
	{
		if (pg_strcasecmp(all[i]->name, name) == 0)
			return all[i];
	}
	return NULL;
#endif
}

/*
 * Returns the user whose rights apply to a table of a statement; InvalidOid for the
 * current user.
 */
static inline Oid
tc_checked_user(PlannerInfo *root, RangeTblEntry *rte)
{
#if PG_VERSION_NUM >= 160000
	if (rte->perminfoindex == 0)
		return InvalidOid;
	return getRTEPermissionInfo(root->parse->rteperminfos, rte)->checkAsUser;
#else
	return rte->checkAsUser;
#endif
}

/* Bytes that base64 encodes are uint8 since 18. */
#if PG_VERSION_NUM >= 180000
#define tc_b64_decode(source, length, to, size) \
	pg_b64_decode((source), (length), (uint8 *) (to), (size))
#else
#define tc_b64_decode(source, length, to, size) pg_b64_decode((source), (length), (to), (size))
#endif

#endif
