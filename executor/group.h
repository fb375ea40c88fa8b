#ifndef OW_EXECUTOR_GROUP_H
#define OW_EXECUTOR_GROUP_H

/*
 * group - a control group per run, in whatever hierarchy can be written.
 *
 * Each controller is looked at by itself: hybrid machines have memory, pids and cpu in v1 while the
 * v2 tree is empty.  A group that cannot be removed yet is tried again by groups_sweep().
 */

#include "base/base.h"

enum { GROUP_MEMORY = 1, GROUP_PIDS = 2, GROUP_CPU = 4, GROUP_V2 = 8, GROUP_TREES_MAX = 4 };

struct group_limits {
	uint32_t memory_mb, pids, cpu_quota;
};

/* Look for hierarchies; the controllers that can be used (GROUP_…). */
unsigned int groups_setup(void);

/* The same from other files than /proc/self/mountinfo and /proc/self/cgroup. */
unsigned int groups_setup_from(const char *mountinfo, const char *cgroup);

/*
 * The way into a group for a process that is about to be made.  v1: it writes "0" to `tasks` itself, as moving
 * another process makes the kernel wait for all processors (10 ms and more).  v2: clone3() into `into`.
 */
struct group_door {
	int into;			/* -1: no v2 */
	int tasks[GROUP_TREES_MAX];
	size_t count;
};

/* Make the group `serial` and open its door; 0, or an errno (then nothing is open). */
int group_make(uint32_t serial, const struct group_limits *l, struct group_door *d);
void group_shut(struct group_door *d);

/* For the new process itself: enter where clone3() has not put it.  0, or an errno. */
int group_enter(const struct group_door *d);

/* Lower the memory limit of a group that was made ahead; 0, or an errno. */
int group_lower(uint32_t serial, uint32_t memory_mb);

/* Peak memory (0: not known) and processes killed for memory. */
void group_read(uint32_t serial, uint64_t *peak_kb, uint32_t *oom);

/* Remove the group when its last process is gone. */
void group_remove(uint32_t serial);

/* Try again to remove what could not be removed; true when nothing is left. */
bool groups_sweep(void);

/* Remove our own parent groups. */
void groups_shutdown(void);

#endif
