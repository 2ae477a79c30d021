/*
 * open_link.h
 *		The links of open tasks, apart from those of the history.
 */
#ifndef TASKCRM_OPEN_LINK_H
#define TASKCRM_OPEN_LINK_H

#include "task/open_link_copy.h"

/* The copies that a statement of the API adds, which are written together when it ends. */
typedef struct HeldLinks
{
	struct HeldLinks *outer;
	bool		is_off;			/* they are written at once */
	MemoryContext context;
	OpenLinkRows rows;
} HeldLinks;

extern void open_link_hold(HeldLinks *links);
extern void open_link_release(HeldLinks *links);
extern void open_link_drop(HeldLinks *links);

#endif
