/*
 * frame.h
 *		The context in which the extension runs its statements.
 */
#ifndef TASKCRM_FRAME_H
#define TASKCRM_FRAME_H

#include "db/owner.h"

typedef struct StatementFrame
{
	OwnerSwitch saved;
	int			guc_level;
} StatementFrame;

extern void frame_enter(StatementFrame *frame, OwnerMode mode);
extern void frame_fix_formats(void);
extern void frame_leave(const StatementFrame *frame);

#endif
