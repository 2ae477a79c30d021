/*
 * api_args.h
 *		Checks the arguments of API functions.
 */
#ifndef TASKCRM_API_ARGS_H
#define TASKCRM_API_ARGS_H

#include "fmgr.h"
#include "utils/array.h"

#include "base/compat.h"
#include "base/uuid.h"
#include "wire/email.h"

#define ARGUMENT_MAX_NAME 255
#define ARGUMENT_MAX_EMAIL EMAIL_MAX

/* What an id names, for the message of PT404. */
typedef enum ApiNoun
{
	NOUN_NONE,
	NOUN_ACCOUNT,
	NOUN_ATTACHMENT,
	NOUN_COMMENT,
	NOUN_CONTACT,
	NOUN_DELETED,
	NOUN_INVITATION,
	NOUN_KEY,
	NOUN_MEMBER,
	NOUN_ORGANIZATION,
	NOUN_TASK,
	NOUN_TEAM,
	NOUN_TEAM_MEMBER,
	NOUN_USER,
	NOUN_VIEW,
	NOUN_WEBHOOK
} ApiNoun;

/* An argument as a pointer, NULL for NULL. */
#define ARGUMENT_UUID_OR_NULL(n) (PG_ARGISNULL(n) ? NULL : PG_GETARG_UUID_P(n))
#define ARGUMENT_TEXT_OR_NULL(n) (PG_ARGISNULL(n) ? NULL : PG_GETARG_TEXT_PP(n))
#define ARGUMENT_ARRAY_OR_NULL(n) (PG_ARGISNULL(n) ? NULL : PG_GETARG_ARRAYTYPE_P(n))
#define ARGUMENT_JSONB_OR_NULL(n) (PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n))

extern int	argument_uuids(ArrayType *value, const char *name, int max, pg_uuid_t **ids);
extern Datum argument_check_text(text *value, const char *name, int max);
extern Datum argument_check_role(text *value);
extern pg_uuid_t *argument_uuid(FunctionCallInfo fcinfo, int number, const char *name);
extern NullableDatum argument_text_or_null(FunctionCallInfo fcinfo, int number, const char *name, int max);
extern Datum argument_text(FunctionCallInfo fcinfo, int number, const char *name, int max);
extern bool text_fits(text *value, int max);
extern Datum argument_check_email(text *value);
extern NullableDatum argument_external_id_or_null(FunctionCallInfo fcinfo, int number);
extern bool argument_choice(FunctionCallInfo fcinfo, int number, const char *name, const char *first, const char *second);
extern int64 argument_interval(const Interval *value, const char *name, int64 min, int64 max);
tc_noreturn extern void argument_null(const char *name);
tc_noreturn extern void argument_invalid(const char *name, const char *detail, const char *hint);
tc_noreturn extern void argument_not_found(ApiNoun noun);

/* Raises 22023 for NULL. */
static inline void
argument_require(const void *value, const char *name)
{
	if (value == NULL)
		argument_null(name);
}

#endif
