#ifndef OW_EXECUTOR_LAUNCHER_H
#define OW_EXECUTOR_LAUNCHER_H

/* launcher - what the two launchers (owui-sandbox, owui-engine) share: the daemon's socket, their arguments. */

#include "executor/wire.h"

enum { CONTROL = 0 };			/* the daemon's socket is their standard input */

/*
 * A guard comes first, with the launcher's rights: the daemon, which has none, sends it one end of a socket whenever
 * it wants a launcher, and a launcher that is still there (stuck, or stopped) is killed before that.  Returns in the
 * process that is to be the launcher; when the daemon is gone, launcher and guard end.
 */
void launcher_guard(void);

/* What a launcher makes of an order.  `serial_of`: of the run that has the slot now, 0 for none. */
struct launcher {
	uint32_t slots, max_memory_mb;
	uint32_t (*serial_of)(uint32_t slot);
	void (*launch)(const struct wire_order *o, const int fds[WFD_COUNT]);	/* they are closed after it */
	void (*tell)(const struct wire_order *o);	/* WIRE_KILL or WIRE_BEGIN of a run that is there */
};

/* Receive an order, check it against the limits and follow it; false at the end of the socket, or after what
 * is no order. */
bool launcher_take(const struct launcher *l);

/* An order with its descriptors (WFD_COUNT at most): 1, 0 when there is none now (only with MSG_DONTWAIT in
 * `flags`), -1 at the end or for what is no order. */
int launcher_receive(int fd, struct wire_order *o, int fds[WFD_COUNT], size_t *count, int flags);
bool launcher_send(int fd, const struct wire_order *o, const int fds[WFD_COUNT]);
void launcher_report(int fd, const struct wire_report *r);

/* Write a text to a file of the kernel's (a control group's, /proc's); 0, or an errno. */
int launcher_put(const char *path, const char *text);

/* Block what is handled and return a descriptor that tells of it; SIGPIPE is ignored. */
int launcher_signals(void);

/* A number of the command line; ends the process when it is none in that range. */
uint32_t launcher_number(const char *text, int64_t min, int64_t max);

#endif
