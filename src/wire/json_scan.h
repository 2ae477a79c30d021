/*
 * json_scan.h
 *		Reads the members of a JSON object without raising errors.
 */
#ifndef TASKCRM_JSON_SCAN_H
#define TASKCRM_JSON_SCAN_H

typedef enum JsonKind
{
	JSON_KIND_NULL,
	JSON_KIND_TRUE,
	JSON_KIND_FALSE,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT
} JsonKind;

/* A member of the outermost object, or an element of a member that is an array. */
typedef struct JsonFound
{
	const char *key;			/* of the member */
	bool		is_element;
	JsonKind	kind;
	const char *text;			/* of a string, unescaped, or a number; else NULL */
} JsonFound;

/* Returns false to reject the whole text. */
typedef bool (*JsonVisit) (void *state, const JsonFound *found);

typedef enum JsonMember
{
	JSON_MEMBER_ABSENT,			/* an object without that key, or null */
	JSON_MEMBER_MALFORMED,		/* not an object, or the member is not a string */
	JSON_MEMBER_FOUND
} JsonMember;

/* Faults of a text. */
typedef enum JsonFault
{
	JSON_FAULT_NONE,
	JSON_FAULT_SYNTAX,			/* or not an object */
	JSON_FAULT_CHARACTER,		/* an escape of NUL, or of an unpaired surrogate */
	JSON_FAULT_DEPTH,			/* nested too deeply */
	JSON_FAULT_REFUSED			/* by the function that visits */
} JsonFault;

/* The scratch space that json_scan_members() needs for a JSON text of that length. */
#define JSON_SCRATCH_SIZE(length) ((length) + 1)

extern JsonFault json_scan_members(const char *json, size_t length, char *scratch, JsonVisit visit, void *state);
extern JsonMember json_scan_string(const char *json, const char *key, char **value);

#endif
