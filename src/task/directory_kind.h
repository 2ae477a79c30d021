/*
 * directory_kind.h
 *		The kinds of rows in the directory of an organization: one table that drives how
 *		they are listed, read and written.
 */
#ifndef TASKCRM_DIRECTORY_KIND_H
#define TASKCRM_DIRECTORY_KIND_H

#include "db/row.h"
#include "task/list_order.h"
#include "task/task_field_type.h"

typedef enum DirectoryNoun
{
	DIRECTORY_NONE,
	DIRECTORY_ACCOUNT,
	DIRECTORY_CONTACT,
	DIRECTORY_TEAM,
	DIRECTORY_MEMBER,
	DIRECTORY_VIEW,
	DIRECTORY_DELETED,
	DIRECTORY_EVENT,
	DIRECTORY_NOUNS
} DirectoryNoun;

#define DIRECTORY_MAX_FILTERS 8

typedef enum DirectoryFilterType
{
	DIRECTORY_TERM,				/* a part of a text */
	DIRECTORY_IDS,				/* one id or any of several */
	DIRECTORY_USERS,			/* the same; @me is the caller */
	DIRECTORY_FLAG,
	DIRECTORY_ROLE,
	DIRECTORY_TYPES,			/* one type of events or any of several */
	DIRECTORY_SINCE,			/* the first instant of a day, or an instant */
	DIRECTORY_UNTIL				/* the last one */
} DirectoryFilterType;

/* A filter of a list; $? in the conditions is its parameter. */
typedef struct DirectoryFilter
{
	const char *key;
	DirectoryFilterType type;
	const char *condition;
	const char *doc;			/* description for clients */
	const char *with_blank;		/* the condition for a term with a blank, or NULL for the same */
} DirectoryFilter;

/* A key that a list can be ordered by: a member of the object. */
typedef struct DirectoryOrder
{
	const char *key;
	const char *expression;		/* never NULL; where a text is null, empty */
	const FieldType *type;
} DirectoryOrder;

/* A key that clients write. */
typedef struct DirectoryInput
{
	const char *key;
	bool		required;		/* cannot be null or blank */
	int			max_length;		/* of a text; 0 for the id of an account */
} DirectoryInput;

#define DIRECTORY_MAX_INPUTS 4

typedef struct DirectoryKind
{
	const char *plural;			/* for messages, as the first word of a sentence */
	const char *table;
	const char *path;			/* of the list, as settings_append_path() takes it */
	bool		for_admins;		/* alone */
	const char *data;			/* the argument with the object that clients write, or NULL */
	const RowSchema *schema;
	const char *select;			/* the members of the object, over: */
	const char *from;
	const char *visible;		/* a condition on all rows, over $1, or NULL */
	const char *id;				/* the column with the id */
	const DirectoryFilter *filters; /* a key of NULL ends them */
	const DirectoryOrder *orders;	/* the same */
	const char *ordering;		/* if none is sent */
	const DirectoryInput *inputs;	/* the same */
} DirectoryKind;

extern const DirectoryKind directory_kinds[DIRECTORY_NOUNS];

extern void directory_kinds_check(void);
extern OrderKeys directory_order_keys(const DirectoryKind *kind);

#endif
