#ifndef OW_EXECUTOR_LAUNCHER_H
#define OW_EXECUTOR_LAUNCHER_H

/* launcher - what the two launchers (owui-sandbox, owui-engine) share: the daemon's socket, their arguments. */

#include "executor/wire.h"

enum { CONTROL = 0 };			/* the daemon's socket is their standard input */

/* An order with its descriptors (WFD_COUNT at most): 1, 0 when there is none now, -1 at the end or for
 * what is no order. */
int launcher_receive(int fd, struct wire_order *o, int fds[WFD_COUNT], size_t *count);
bool launcher_send(int fd, const struct wire_order *o, const int *fds, size_t count);
void launcher_close(const int *fds, size_t count);
void launcher_report(int fd, const struct wire_report *r);

/* Block what is handled and return a descriptor that tells of it; SIGPIPE is ignored. */
int launcher_signals(void);

/* A number of the command line; ends the process when it is none in that range. */
uint32_t launcher_number(const char *text, int64_t min, int64_t max);

#endif
