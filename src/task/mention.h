/*
 * mention.h
 *		Who is @mentioned in a comment.
 */
#ifndef TASKCRM_MENTION_H
#define TASKCRM_MENTION_H

#include "utils/array.h"

#include "identity/identity.h"

extern ArrayType *mention_find(const Identity *identity, const char *comment);
extern ArrayType *mention_hold(const Identity *identity, ArrayType *users);

#endif
