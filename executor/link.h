#ifndef OW_EXECUTOR_LINK_H
#define OW_EXECUTOR_LINK_H

/* link - the socket to the launcher. */

#include "executor/settings.h"
#include "executor/wire.h"

/* Start the launcher that SANDBOX_BACKEND names, with an empty environment, and wait for its greeting; ends
 * the process when it cannot.  "auto": the engine's where namespaces are not permitted. */
void link_start(const struct settings *s);

/* Watch its socket: `done` is called for each run that has ended, `lost` when it is gone with all runs.  Then a
 * new one is started; the process ends when none comes. */
void link_watch(void (*done)(const struct wire_report *r), void (*lost)(void));

/* Is it there? */
bool link_up(void);

/* Ask, while there are runs, whether it answers, and replace one that does not for LINK_STUCK_MS; the next moment to
 * look. */
enum { LINK_STUCK_MS = 10000 };
int64_t link_tend(int64_t now, bool runs);

/* It does not do what it was told: replace it. */
void link_replace(const char *why);

bool link_usable(void);			/* can programs be run? */
bool link_containers(void);		/* in containers? */
const char *link_name(void);		/* "native", "Docker 27.1.1", "Error: …" */

/* enum wire_isolation bits of the launcher. */
uint32_t link_isolation(void);

/* False when the launcher cannot be reached. */
bool link_launch(const struct wire_order *o, const int fds[WFD_COUNT]);
/* WIRE_KILL, WIRE_BEGIN or WIRE_PING. */
void link_tell(enum wire_kind kind, uint32_t slot, uint32_t serial);

#endif
