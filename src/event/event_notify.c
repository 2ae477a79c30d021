/*
 * event_notify.c
 *		Tells who listens that events were written: NOTIFY taskcrm, with the id of the
 *		organization.
 *
 * Every session of the database can listen, so a notification says no more than that
 * something has happened: who wants to know what asks tc_sync(), as somebody who may.
 */
#include "postgres.h"

#include "commands/async.h"

#include "base/settings.h"
#include "db/owner.h"
#include "event/event_notify.h"

#define CHANNEL "taskcrm"

/*
 * If taskcrm.notify is on, notifies the channel of each organization when the transaction
 * commits; once, however often this is called.  org_ids: those of the events that were
 * written, as datums of type uuid.  On a cluster, the node that the client is connected to
 * notifies.
 */
void
event_notify(const Datum *org_ids, int count)
{
	const pg_uuid_t *last = NULL;
	char		payload[TC_UUID_TEXT_LEN + 1];

	/* Transactions of other nodes are prepared, and then cannot notify. */
	if (!settings_notify || owner_is_session())
		return;
	for (int i = 0; i < count; i++)
	{
		const pg_uuid_t *org_id = DatumGetUUIDP(org_ids[i]);

		/* The server drops repetitions; those of one call need not even get there. */
		if (last == NULL || memcmp(last, org_id, sizeof(pg_uuid_t)) != 0)
		{
			tc_uuid_format(org_id, payload);
			Async_Notify(CHANNEL, payload);
		}
		last = org_id;
	}
}
