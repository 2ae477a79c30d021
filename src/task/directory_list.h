/*
 * directory_list.h
 *		Lists of accounts, contacts, teams and members.
 */
#ifndef TASKCRM_DIRECTORY_LIST_H
#define TASKCRM_DIRECTORY_LIST_H

#include "task/directory_filter.h"

extern void directory_list_write(JsonWriter *out, DirectoryNoun noun, Jsonb *filters, const Identity *identity);

#endif
