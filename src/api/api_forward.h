/*
 * api_forward.h
 *		Runs a call on the node of a cluster that has the rows of its organization.
 */
#ifndef TASKCRM_API_FORWARD_H
#define TASKCRM_API_FORWARD_H

#include "fmgr.h"
#include "lib/stringinfo.h"

#include "db/cluster.h"
#include "identity/row_organization.h"
#include "task/export.h"

/*
 * The first statement of an SQL function that works in an organization.  Returns the answer
 * of another node, if the organization's rows are there.
 */
#define FORWARD_CALL() \
	do { \
		Datum		answer_; \
		if (cluster_is_distributed() && forward_call(fcinfo, &answer_)) \
			return answer_; \
	} while (0)

/* The same for a function that finds the organization by the id of a row. */
#define FORWARD_CALL_WHERE_FOUND(what, pk) \
	do { \
		Datum		answer_; \
		if (cluster_is_distributed() && forward_call_where_found(fcinfo, (what), (pk), &answer_)) \
			return answer_; \
	} while (0)

extern bool forward_call(FunctionCallInfo fcinfo, Datum *answer);
extern bool forward_call_where_found(FunctionCallInfo fcinfo, FoundRow what, const pg_uuid_t *pk, Datum *answer);
extern bool forward_is_elsewhere(Identity *identity, const char *writes);
extern bool forward_find(Identity *identity, FoundRow what, const pg_uuid_t *pk);
extern void forward_message_begin(StringInfo message);
extern void forward_require_call(void);
extern void forward_lines(const Identity *identity, const char *function, bytea *args, bool reads, const ExportSink *sink);
extern NullableDatum forward_message(const Identity *identity, const char *function, bytea *args, bool reads, Oid type);

#endif
