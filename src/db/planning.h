/*
 * planning.h
 *		How the statements of the extension are planned.
 */
#ifndef TASKCRM_PLANNING_H
#define TASKCRM_PLANNING_H

extern void planning_init(void);

#endif
