/*
 * user_erase.h
 *		Removes what identifies a person.
 */
#ifndef TASKCRM_USER_ERASE_H
#define TASKCRM_USER_ERASE_H

#include "base/uuid.h"

/* What a step of erasing a user has done. */
typedef struct ErasedRows
{
	const char *table;
	const char *action;
	int64		rows;
} ErasedRows;

extern bool user_erase_begin(const pg_uuid_t *user_id);
extern int	user_erase_steps(void);
extern void user_erase_run(int64 *rows, const pg_uuid_t *user_id, bool copied);
extern bool user_erase_told(ErasedRows *done, int number, int64 rows);

#endif
