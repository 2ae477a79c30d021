/*
 * directory_delete.h
 *		How accounts, contacts, teams and members are deleted.
 */
#ifndef TASKCRM_DIRECTORY_DELETE_H
#define TASKCRM_DIRECTORY_DELETE_H

#include "db/delete_referenced.h"

/* For delete_referenced(); a member is removed by reassign_and_remove(). */
extern ReferencedTable account_to_delete;
extern ReferencedTable contact_to_delete;
extern ReferencedTable team_to_delete;
extern ReferencedTable member_to_delete;

#endif
