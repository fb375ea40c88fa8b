#ifndef OW_EXECUTOR_LINK_H
#define OW_EXECUTOR_LINK_H

/* link - the socket to the launcher. */

#include "executor/settings.h"
#include "executor/wire.h"

/* Start the launcher, with an empty environment; ends the process when it cannot. */
void link_start(const struct settings *s);

/* Wait for its greeting, then watch the socket: `done` is called for each run that has ended. */
void link_watch(void (*done)(const struct wire_report *r));

/* enum wire_isolation bits of the launcher. */
uint32_t link_isolation(void);

/* False when the launcher cannot be reached. */
bool link_launch(const struct wire_order *o, const int fds[WFD_COUNT]);
void link_kill(uint32_t slot, uint32_t serial);

#endif
