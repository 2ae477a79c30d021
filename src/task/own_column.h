/*
 * own_column.h
 *		Columns that an administrator added to task and exposed in the API.
 */
#ifndef TASKCRM_OWN_COLUMN_H
#define TASKCRM_OWN_COLUMN_H


extern void own_column_init(void);
extern void own_column_refresh(void);
extern const char *own_column_of_check(const char *constraint);
extern char *own_column_default(const char *name);
extern const char *own_column_problem(const char *name, bool writable);
extern void own_column_expose(Datum name, bool writable);
extern bool own_column_hide(Datum name);

#endif
