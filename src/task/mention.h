/*
 * mention.h
 *		Finds the users who are @mentioned in a text.
 */
#ifndef TASKCRM_MENTION_H
#define TASKCRM_MENTION_H

#include "utils/array.h"

#include "identity/identity.h"

extern ArrayType *mention_find(const pg_uuid_t *org_id, const char *text);
extern ArrayType *mention_hold(const pg_uuid_t *org_id, ArrayType *users);

#endif
