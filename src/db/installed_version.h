/*
 * installed_version.h
 *		The version of the tables.
 */
#ifndef TASKCRM_INSTALLED_VERSION_H
#define TASKCRM_INSTALLED_VERSION_H

extern void installed_version_write(Datum version);
extern bool installed_has_table(const char *name);

#endif
