#ifndef OW_EXECUTOR_LINK_H
#define OW_EXECUTOR_LINK_H

/* link - the socket to the launcher. */

#include "executor/settings.h"
#include "executor/wire.h"

/* Start the launcher that SANDBOX_BACKEND names, with an empty environment, and wait for its greeting; ends
 * the process when it cannot.  "auto": the engine's where namespaces are not permitted. */
void link_start(const struct settings *s);

/* Watch its socket: `done` is called for each run that has ended. */
void link_watch(void (*done)(const struct wire_report *r));

bool link_usable(void);			/* can programs be run? */
bool link_containers(void);		/* in containers? */
const char *link_name(void);		/* "native", "Docker 27.1.1", "Error: …" */

/* enum wire_isolation bits of the launcher. */
uint32_t link_isolation(void);

/* False when the launcher cannot be reached. */
bool link_launch(const struct wire_order *o, const int fds[WFD_COUNT]);
/* WIRE_KILL or WIRE_BEGIN. */
void link_tell(enum wire_kind kind, uint32_t slot, uint32_t serial);

#endif
