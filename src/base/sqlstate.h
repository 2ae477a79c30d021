/*
 * sqlstate.h
 *		SQLSTATEs that taskcrm raises in addition to the server's.
 *
 * PTnnn is a PostgREST convention: it answers with HTTP status nnn.
 */
#ifndef TASKCRM_SQLSTATE_H
#define TASKCRM_SQLSTATE_H

#define ERRCODE_TC_BAD_REQUEST MAKE_SQLSTATE('P', 'T', '4', '0', '0')
#define ERRCODE_TC_UNAUTHORIZED MAKE_SQLSTATE('P', 'T', '4', '0', '1')
#define ERRCODE_TC_FORBIDDEN MAKE_SQLSTATE('P', 'T', '4', '0', '3')
#define ERRCODE_TC_NOT_FOUND MAKE_SQLSTATE('P', 'T', '4', '0', '4')
#define ERRCODE_TC_METHOD_NOT_ALLOWED MAKE_SQLSTATE('P', 'T', '4', '0', '5')
#define ERRCODE_TC_CONFLICT MAKE_SQLSTATE('P', 'T', '4', '0', '9')
#define ERRCODE_TC_PRECONDITION_FAILED MAKE_SQLSTATE('P', 'T', '4', '1', '2')
#define ERRCODE_TC_TOO_LARGE MAKE_SQLSTATE('P', 'T', '4', '1', '3')
#define ERRCODE_TC_UNSUPPORTED_MEDIA_TYPE MAKE_SQLSTATE('P', 'T', '4', '1', '5')
#define ERRCODE_TC_RANGE_NOT_SATISFIABLE MAKE_SQLSTATE('P', 'T', '4', '1', '6')
#define ERRCODE_TC_UNPROCESSABLE MAKE_SQLSTATE('P', 'T', '4', '2', '2')

#endif
