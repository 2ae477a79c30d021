/*
 * task_label.h
 *		The labels of the enums task_status and task_priority.
 */
#ifndef TASKCRM_TASK_LABEL_H
#define TASKCRM_TASK_LABEL_H

typedef struct LabelSet
{
	const char *type;			/* the enum, unqualified */
	int			count;
	const char *labels[8];		/* in the enum's order */
} LabelSet;

extern const LabelSet label_status;
extern const LabelSet label_priority;

extern int	label_find(const LabelSet *set, const char *text);
extern int	label_require(const LabelSet *set, const char *text);
extern uint32 label_match(const LabelSet *set, const char *text);
extern char *label_list(const LabelSet *set);

#endif
