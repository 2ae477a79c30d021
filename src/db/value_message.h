/*
 * value_message.h
 *		Values as bytes, for a call on another node.
 */
#ifndef TASKCRM_VALUE_MESSAGE_H
#define TASKCRM_VALUE_MESSAGE_H

#include "lib/stringinfo.h"

extern void value_message_begin(StringInfo message);
extern void value_message_add(StringInfo message, Oid type, NullableDatum value);
extern void value_message_add_text(StringInfo message, const char *text);
extern bytea *value_message_end(StringInfo message);
extern void value_message_open(StringInfo message, bytea *bytes);
extern NullableDatum value_message_get(StringInfo message, Oid type);
extern char *value_message_get_text(StringInfo message);

#endif
