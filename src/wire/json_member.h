/*
 * json_member.h
 *		One string member of a JSON text, found without ever raising.
 */
#ifndef TASKCRM_JSON_MEMBER_H
#define TASKCRM_JSON_MEMBER_H

typedef enum JsonMember
{
	JSON_MEMBER_ABSENT,			/* an object without that key, or null */
	JSON_MEMBER_MALFORMED,		/* not an object, or the member no string */
	JSON_MEMBER_FOUND
} JsonMember;

extern JsonMember json_member_string(const char *json, const char *key, char **value);

#endif
