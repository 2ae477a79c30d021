/*
 * comment_mention.h
 *		The stored mentions of a comment.
 */
#ifndef TASKCRM_COMMENT_MENTION_H
#define TASKCRM_COMMENT_MENTION_H

#include "utils/uuid.h"

extern void comment_mention_store(const pg_uuid_t *org_id, const pg_uuid_t *comment_id, const char *comment,
								  bool is_new);

#endif
