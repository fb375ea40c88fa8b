#ifndef OW_EXECUTOR_JAIL_H
#define OW_EXECUTOR_JAIL_H

/*
 * jail - one run's namespaces, root and privileges.
 *
 * jail_start() makes the process that becomes PID 1 of a run: it enters its control group, makes its root, gives
 * up its rights and loads the filter, all before it knows its run, and then waits for jail_give().  So jails
 * can be made ahead.  What fails on the way is told to the run that it is given to.
 */

#include <linux/filter.h>

#include "executor/group.h"
#include "executor/wire.h"

struct jail_conf {
	bool root;			/* started as root: a real uid per slot */
	bool userns;
	uint32_t uid_base, max_memory_mb, max_pids, disk_mb, max_inodes;
	uint32_t cpu_quota;		/* microseconds per 100 ms */
	uint32_t slots;
	bool limit_data;		/* RLIMIT_DATA stands in for a memory controller */
	bool pin_cpus;			/* affinity stands in for a cpu controller */
	const char *rootfs;		/* bound at /usr */
	const char *toolchain;		/* bound at /opt/rust; "" for none */
	struct sock_fprog filter;
};

struct jail {
	pid_t pid;
	int orders;			/* it waits at the other end; -1 once it has its run */
	uint32_t place;			/* its uid is uid_base + place where we are root */
};

/* Make one behind `door`; 0, or an errno. */
int jail_start(const struct jail_conf *c, uint32_t place, const struct group_door *door, struct jail *out);

/* Let it run `o` with the descriptors of enum wire_fd, which stay open in the caller; 0, or an errno. */
int jail_give(struct jail *j, const struct wire_order *o, const int fds[WFD_COUNT]);

/* The rest of PID 1's life, inside the jail and without privileges: files, program, reaping,
 * collecting.  Only `fds` are open.  `data_limit`: RLIMIT_DATA of the program in bytes, 0 for none. */
NORETURN void reaper_run(const int *fds, uint64_t data_limit);

/* End the reaper's process: _exit() in a jail, after the last byte has been passed on in a container. */
NORETURN void reaper_end(int status);

/* Tell the daemon that nothing of the program ran, with errno. */
void send_failure(int status_fd, const char *step);

#endif
