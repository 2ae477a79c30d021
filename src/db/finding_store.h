/*
 * finding_store.h
 *		Runs the checks of tc_doctor(), and stores accepted findings.
 */
#ifndef TASKCRM_FINDING_STORE_H
#define TASKCRM_FINDING_STORE_H

extern void finding_report(void);
extern void finding_write(const Datum *values);
extern bool finding_delete(const Datum *values);

#endif
