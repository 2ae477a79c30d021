/*
 * drop_guard.c
 *		An event trigger that keeps DROP ... CASCADE of another object from dropping
 *		this extension, and every table with it.
 *
 * Two statements can do that: DROP EXTENSION plpgsql, because functions of this extension
 * are written in it, and DROP OWNED BY the role that owns the extension.  A statement
 * that names taskcrm itself is allowed.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_extension.h"
#include "commands/event_trigger.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"

#include "base/compat.h"

PG_FUNCTION_INFO_V1(tc_guard_drop);

tc_noreturn static void
refuse_drop(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("%s", message),
			 errdetail("This would drop taskcrm and delete all rows of its tables."),
			 errhint("%s", hint)));
}

static void
guard_drop_extension(DropStmt *statement)
{
	bool		drops_language = false;
	ListCell   *cell;

	if (statement->removeType != OBJECT_EXTENSION || statement->behavior != DROP_CASCADE)
		return;
	foreach(cell, statement->objects)
	{
		const char *name = strVal(lfirst(cell));

		if (strcmp(name, "taskcrm") == 0)
			return;
		if (strcmp(name, "plpgsql") == 0)
			drops_language = true;
	}
	if (drops_language)
		refuse_drop("cannot drop extension plpgsql because extension taskcrm depends on it",
					"Use DROP EXTENSION taskcrm CASCADE first if that is what you want.");
}

/* Returns the owner of taskcrm, or InvalidOid if the extension is not installed. */
static Oid
extension_owner(void)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	Oid			owner = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("taskcrm"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return owner;
}

static void
guard_drop_owned(DropOwnedStmt *statement)
{
	Oid			owner = extension_owner();
	ListCell   *cell;

	if (!OidIsValid(owner) || statement->behavior != DROP_CASCADE)
		return;
	foreach(cell, statement->roles)
	{
		if (get_rolespec_oid(lfirst(cell), true) == owner)
			refuse_drop("cannot drop objects owned by the owner of taskcrm because extension taskcrm depends on them",
						"Use REASSIGN OWNED first.");
	}
}

/* guard_drop() returns event_trigger */
Datum
tc_guard_drop(PG_FUNCTION_ARGS)
{
	Node	   *statement;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard_drop can only be called as an event trigger")));
	statement = ((EventTriggerData *) fcinfo->context)->parsetree;
	if (IsA(statement, DropStmt))
		guard_drop_extension((DropStmt *) statement);
	else if (IsA(statement, DropOwnedStmt))
		guard_drop_owned((DropOwnedStmt *) statement);
	PG_RETURN_NULL();
}
