/*
 * directory_delete.c
 *		How accounts, contacts, teams and members are deleted.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "task/directory_delete.h"

/* A statement whose arguments are the organization and the id of the row. */
#define DELETION_PLAN(text) \
	TENANT_PLAN(text, 2, UUIDOID, UUIDOID)

/*
 * Statements of a ReferencedTable: they delete rows or remove references after locking
 * them in the order of their keys, and return whether a locked one is left.
 */
#define RELEASE(name, locked, released) { \
	.table = (name), \
	.plan = DELETION_PLAN("WITH " locked ", d AS (" released " RETURNING 1)" \
					 " SELECT (SELECT count(*) FROM o) > (SELECT count(*) FROM d)") \
}

/* Deletes the links to a row, in the order of the other key columns. */
#define RELEASE_LINKS(name, column, other) \
	RELEASE(name, "o AS MATERIALIZED (SELECT h." other " FROM taskcrm." name " h" \
			" WHERE h.org_id = $1 AND h." column " = $2 ORDER BY h." other " FOR UPDATE)", \
			"DELETE FROM taskcrm." name " l USING o" \
			" WHERE l.org_id = $1 AND l." column " = $2 AND l." other " = o." other)

/*
 * The same for the links of tasks.  Deleting them raises the version of their tasks, so
 * the tasks are locked before the links.
 */
#define RELEASE_TASK_LINKS(name, column) \
	RELEASE(name, "k AS MATERIALIZED (SELECT t.id FROM taskcrm.task t WHERE t.org_id = $1 AND t.id IN" \
			" (SELECT h.task_id FROM taskcrm." name " h WHERE h.org_id = $1 AND h." column " = $2)" \
			" ORDER BY t.id FOR NO KEY UPDATE)," \
			" o AS MATERIALIZED (SELECT h.task_id FROM taskcrm." name " h" \
			" WHERE h.org_id = $1 AND h." column " = $2 AND h.task_id IN (SELECT k.id FROM k)" \
			" ORDER BY h.task_id FOR UPDATE)", \
			"DELETE FROM taskcrm." name " l USING o" \
			" WHERE l.org_id = $1 AND l." column " = $2 AND l.task_id = o.task_id")

/* Sets references to a row to NULL, in the order of the referring rows' ids. */
#define RELEASE_COLUMN(name, column) \
	RELEASE(name, "o AS MATERIALIZED (SELECT h.id FROM taskcrm." name " h" \
			" WHERE h.org_id = $1 AND h." column " = $2 ORDER BY h.id FOR NO KEY UPDATE)", \
			"UPDATE taskcrm." name " r SET " column " = NULL FROM o" \
			" WHERE r.org_id = $1 AND r." column " = $2 AND r.id = o.id")

#define REFERS(table, column) \
	"EXISTS (SELECT FROM taskcrm." table " r WHERE r.org_id = $1 AND r." column " = $2)"

#define LOCK_THING(table, key) \
	DELETION_PLAN("SELECT FROM taskcrm." table " WHERE org_id = $1 AND " key " = $2 FOR UPDATE")

#define DELETE_THING(table, key) \
	DELETION_PLAN("DELETE FROM taskcrm." table " WHERE org_id = $1 AND " key " = $2")

ReferencedTable account_to_delete = {
	.name = "account",
	.lock = LOCK_THING("account", "id"),
	.is_referred = DELETION_PLAN("SELECT WHERE " REFERS("task", "account_id")
							" OR " REFERS("contact", "account_id")),
	.release = {RELEASE_COLUMN("task", "account_id"), RELEASE_COLUMN("contact", "account_id")},
	.delete = DELETE_THING("account", "id")
};

ReferencedTable contact_to_delete = {
	.name = "contact",
	.lock = LOCK_THING("contact", "id"),
	.is_referred = DELETION_PLAN("SELECT WHERE " REFERS("task_contact", "contact_id")),
	.release = {RELEASE_TASK_LINKS("task_contact", "contact_id")},
	.delete = DELETE_THING("contact", "id")
};

ReferencedTable team_to_delete = {
	.name = "team",
	.lock = LOCK_THING("team", "id"),
	.is_referred = DELETION_PLAN("SELECT WHERE " REFERS("task_team", "team_id")
							" OR " REFERS("team_member", "team_id")),
	.release = {
		RELEASE_TASK_LINKS("task_team", "team_id"),
		RELEASE_LINKS("team_member", "team_id", "user_id")
	},
	.delete = DELETE_THING("team", "id")
};

ReferencedTable member_to_delete = {
	.name = "member",
	.lock = LOCK_THING("member", "user_id"),
	.is_referred = DELETION_PLAN("SELECT WHERE " REFERS("task_assignee", "user_id")
							" OR " REFERS("task_mention", "user_id")
							" OR " REFERS("team_member", "user_id")),
	/* reassign.c removes the assignments first. */
	.release = {
		RELEASE_LINKS("task_mention", "user_id", "comment_id"),
		RELEASE_LINKS("team_member", "user_id", "team_id")
	},
	.delete = DELETE_THING("member", "user_id")
};
