/*
 * progress.h
 *		Shows in pg_stat_activity how far a long call has come.
 */
#ifndef TASKCRM_PROGRESS_H
#define TASKCRM_PROGRESS_H

extern void progress_show(const char *what);
extern void progress_end(void);

#endif
