/*
 * list_tree_sql.h
 *		The SQL of a tree of conditions, with its parameters in place.
 */
#ifndef TASKCRM_LIST_TREE_SQL_H
#define TASKCRM_LIST_TREE_SQL_H

#include "lib/stringinfo.h"

/* The maximum number of parameters of a tree. */
#define TREE_MAX_ARGUMENTS 160

/* A piece of text and the parameter after it. */
typedef struct TreePiece
{
	char	   *text;
	Oid			type;
	Datum		value;
} TreePiece;

/*
 * The number of a parameter depends on the statement that contains the tree.  So the text is
 * kept in pieces, without any mark for a parameter that could occur in a name as well.
 */
typedef struct TreeSql
{
	int			leaves;			/* comparisons that have been read */
	int			count;			/* of the parameters */
	TreePiece	pieces[TREE_MAX_ARGUMENTS];
	StringInfoData rest;		/* the text after the last parameter */
} TreeSql;

extern TreeSql *tree_sql_make(void);
extern void tree_sql_text(TreeSql *tree, const char *format, ...) pg_attribute_printf(2, 3);
extern void tree_sql_argument(TreeSql *tree, Oid type, Datum value);
extern bool tree_sql_is_empty(const TreeSql *tree);

#endif
