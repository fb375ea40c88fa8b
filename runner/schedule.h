#ifndef OW_RUNNER_SCHEDULE_H
#define OW_RUNNER_SCHEDULE_H

/*
 * schedule - what happens by the clock: automations that are due, reminders of calendar events.
 *
 * Every runner looks every SCHEDULER_POLL_INTERVAL seconds (10); rows are locked or marked in
 * PostgreSQL, so that each thing happens in one of them.  CALENDAR_ALERT_LOOKAHEAD_MINUTES (10): how long
 * before an event that does not say so itself.
 */

/* Start the thread.  Call once. */
void schedule_start(void);

#endif
