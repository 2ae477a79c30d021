/*
 * open_link_copy.h
 *		The rows of open_link.
 */
#ifndef TASKCRM_OPEN_LINK_COPY_H
#define TASKCRM_OPEN_LINK_COPY_H

/* Links: columns of several rows. */
typedef struct OpenLinkRows
{
	int			count;
	int			size;			/* of the arrays, which grow: most statements write few rows */
	Datum	   *kinds;
	Datum	   *orgs;
	Datum	   *targets;
	Datum	   *tasks;
} OpenLinkRows;

extern int	open_link_rows_add(OpenLinkRows *rows);
extern void open_link_copies_add(const OpenLinkRows *rows);
extern void open_link_copies_add_of_tasks(const OpenLinkRows *rows);
extern void open_link_copies_remove(const OpenLinkRows *rows);
extern void open_link_copies_remove_of_tasks(const OpenLinkRows *rows);
extern void open_link_copies_remove_kind(int kind);

#endif
