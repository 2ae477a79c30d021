/*
 * task_field_type.h
 *		The types of the fields of a task, each a table of operations on its values.
 */
#ifndef TASKCRM_TASK_FIELD_TYPE_H
#define TASKCRM_TASK_FIELD_TYPE_H

#include "lib/stringinfo.h"

#include "wire/json_read.h"
#include "wire/json_write.h"

struct TaskField;

/*
 * The longest string that can be packed, in bytes: the longest title, of up to four bytes a
 * character.
 */
#define PACK_MAX_STRING (255 * 4)
/* The room for any packed value. */
#define PACK_MAX_SIZE (2 + PACK_MAX_STRING)

/* Input bytes, taken from the beginning. */
typedef struct PackedBytes
{
	const char *bytes;
	int			size;
} PackedBytes;

/* A value is never NULL here. */
typedef struct FieldType
{
	Oid			oid;			/* of a value as a parameter of a statement */
	const char *select_cast;	/* converts a column of the table to such a value */
	const char *json_type;		/* as JSON Schema names it */
	const char *json_format;	/* the same, or NULL */
	bool		empty_is_null;	/* an empty string in a form means no value */
	/* Reads a value from the input.  Raises an error if it is malformed. */
	Datum		(*read) (const JsonReadKey *key, const struct TaskField *field, const JsonbValue *value);
	void		(*write_json) (JsonWriter *out, Datum value);
	bool		(*equal) (Datum a, Datum b);
	/* For cursors.  unpack returns false if the bytes are not a value. */
	void		(*pack) (StringInfo bytes, Datum value);
	bool		(*unpack) (const struct TaskField *field, PackedBytes *packed, Datum *value);
} FieldType;

extern const FieldType field_uuid;
extern const FieldType field_text;
extern const FieldType field_label; /* of an enum; its text */
extern const FieldType field_date;
extern const FieldType field_timestamp;
extern const FieldType field_integer;
extern const FieldType field_links; /* a set of uuids in a table of its own, without a
									 * value */

extern void field_read_uuid(const JsonReadKey *key, const char *string, pg_uuid_t *id);
extern void pack_uint64(StringInfo bytes, uint64 value);
extern bool unpack_uint64(PackedBytes *packed, uint64 *value);
extern const char *unpack_bytes(PackedBytes *packed, int size);
extern void pack_string(StringInfo bytes, const char *string);
extern char *unpack_string(PackedBytes *packed);

#endif
