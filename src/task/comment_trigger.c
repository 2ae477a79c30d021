/*
 * comment_trigger.c
 *		Stores the mentions of a comment, for the API and for direct DML.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "db/frame.h"
#include "db/trigger_row.h"
#include "task/comment_mention.h"

PG_FUNCTION_INFO_V1(tc_comment_mentions);

/*
 * comment_mentions() returns trigger
 *
 * Fires after INSERT of a comment and after UPDATE OF its text, for each row.
 */
Datum
tc_comment_mentions(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool		is_new;
	HeapTuple	row;
	char	   *comment;
	StatementFrame frame;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		TRIGGER_FIRED_BY_DELETE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after INSERT or UPDATE for each row",
						"comment_mentions")));

	is_new = TRIGGER_FIRED_BY_INSERT(data->tg_event);
	row = is_new ? data->tg_trigtuple : data->tg_newtuple;
	comment = TextDatumGetCString(trigger_row_value(data->tg_relation, row, "comment", TEXTOID));
	if (is_new && strchr(comment, '@') == NULL)
		return PointerGetDatum(NULL);

	frame_enter(&frame, OWNER_BOOKKEEPING);
	comment_mention_store(DatumGetUUIDP(trigger_row_value(data->tg_relation, row, "org_id", UUIDOID)),
				  DatumGetUUIDP(trigger_row_value(data->tg_relation, row, "id", UUIDOID)), comment, is_new);
	frame_leave(&frame);
	return PointerGetDatum(NULL);
}
