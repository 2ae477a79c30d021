/*
 * user_erase.h
 *		Removes what identifies a person.
 */
#ifndef TASKCRM_USER_ERASE_H
#define TASKCRM_USER_ERASE_H

#include "base/uuid.h"

/* What one step of erasing a user has done. */
typedef struct ErasedRows
{
	const char *table;
	const char *action;
	uint64		rows;
} ErasedRows;

extern bool user_erase_begin(const pg_uuid_t *user_id);
extern bool user_erase_step(ErasedRows *done, int number, const pg_uuid_t *user_id);

#endif
