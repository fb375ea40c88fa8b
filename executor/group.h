#ifndef OW_EXECUTOR_GROUP_H
#define OW_EXECUTOR_GROUP_H

/*
 * group - a control group per run, in whatever hierarchy can be written.
 *
 * Each controller is looked at by itself: hybrid machines have memory, pids and cpu in v1 while the
 * v2 tree is empty.  A group that cannot be removed yet is tried again by groups_sweep().
 */

#include "base/base.h"

enum { GROUP_MEMORY = 1, GROUP_PIDS = 2, GROUP_CPU = 4, GROUP_V2 = 8 };

struct group_limits {
	uint32_t memory_mb, pids, cpu_quota;
};

/* Look for hierarchies; the controllers that can be used (GROUP_…). */
unsigned int groups_setup(void);

/* Make the group of run `serial`, and put `pid` into it; 0, or an errno. */
int group_enter(uint32_t serial, pid_t pid, const struct group_limits *l);

/* Peak memory (0: not known) and processes killed for memory; then remove the group. */
void group_leave(uint32_t serial, uint64_t *peak_kb, uint32_t *oom);

/* Try again to remove what could not be removed; true when nothing is left. */
bool groups_sweep(void);

/* Remove our own parent groups. */
void groups_shutdown(void);

#endif
