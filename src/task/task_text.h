/*
 * task_text.h
 *		The descriptions of tasks, stored for searching.
 */
#ifndef TASKCRM_TASK_TEXT_H
#define TASKCRM_TASK_TEXT_H

#include "base/uuid.h"

/* How many tasks have a term in their description. */
typedef enum DescribedCount
{
	DESCRIBED_FEW,				/* so few that comparing each of their ids takes no
								 * time */
	DESCRIBED_SOME,				/* more, but still few enough to keep their ids */
	DESCRIBED_MANY				/* their ids are not known */
} DescribedCount;

/*
 * The tasks whose description contains a term.  They are looked up on first use, because
 * not every statement needs them.
 */
typedef struct DescribedTasks
{
	pg_uuid_t	org_id;
	Datum		term;			/* text */
	bool		without_accents;	/* ignores accents */
	int			looked_for;		/* the number of tasks looked up, 0 for not yet */
	DescribedCount count;
	Datum		ids;			/* uuid[], unless there are many */
} DescribedTasks;

extern DescribedCount task_text_look_up(DescribedTasks *described, bool beyond_few);

#endif
