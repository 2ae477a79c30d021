/*
 * id_set.h
 *		Sets of uuids.
 */
#ifndef TASKCRM_ID_SET_H
#define TASKCRM_ID_SET_H

#include "base/uuid.h"

typedef struct IdSet
{
	int			count;
	pg_uuid_t  *ids;			/* each once, in order */
} IdSet;

extern void id_set_make(IdSet *set, pg_uuid_t *ids, int count);
extern int	id_set_position(const IdSet *set, const pg_uuid_t *id);
extern ArrayType *id_set_difference(const IdSet *of, const IdSet *in);
extern const pg_uuid_t *id_set_common(const IdSet *a, const IdSet *b);

#endif
