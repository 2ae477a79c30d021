/*
 * list_tree_sql.c
 *		The SQL of a tree of conditions, with its parameters in place.
 */
#include "postgres.h"

#include "task/list_tree_sql.h"

/* Returns an empty tree, palloc'ed. */
TreeSql *
tree_sql_make(void)
{
	TreeSql    *tree = palloc(sizeof(TreeSql));

	tree->leaves = 0;
	tree->count = 0;
	initStringInfo(&tree->rest);
	return tree;
}

/* Appends text: fixed fragments and the names of columns, never input. */
void
tree_sql_text(TreeSql *tree, const char *format,...)
{
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&tree->rest, format, args);
		va_end(args);
		if (needed == 0)
			return;
		enlargeStringInfo(&tree->rest, needed);
	}
}

/* Appends a parameter that is not NULL. */
void
tree_sql_argument(TreeSql *tree, Oid type, Datum value)
{
	if (tree->count >= TREE_MAX_ARGUMENTS)
		elog(ERROR, "too many parameters in a tree of conditions");
	tree->pieces[tree->count++] = (TreePiece) {.text = tree->rest.data, .type = type, .value = value};
	initStringInfo(&tree->rest);
}

/* Returns whether nothing has been appended. */
bool
tree_sql_is_empty(const TreeSql *tree)
{
	return tree->count == 0 && tree->rest.len == 0;
}
