/*
 * json_build.h
 *		Builds a JSON object from separate names and values.
 */
#ifndef TASKCRM_JSON_BUILD_H
#define TASKCRM_JSON_BUILD_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* A name with all its values, as strings. */
typedef struct JsonBuildMember
{
	char	   *name;
	List	   *values;
} JsonBuildMember;

typedef struct JsonBuild
{
	List	   *members;		/* of JsonBuildMember, in the order of arrival */
} JsonBuild;

/* Returns whether a member is an array even with a single value. */
typedef bool (*JsonBuildIsArray) (const char *name);

extern void json_build_begin(JsonBuild *build);
extern void json_build_add(JsonBuild *build, char *name, char *value);
extern const JsonBuildMember *json_build_find(const JsonBuild *build, const char *name);
extern Jsonb *json_build_end(JsonBuild *build, JsonBuildIsArray is_array);

#endif
