#ifndef OW_EXECUTOR_CONTAINER_H
#define OW_EXECUTOR_CONTAINER_H

/*
 * container - one run's container, from its making to its removal.  Each function belongs to the process
 * of one run and may block.
 */

#include <linux/filter.h>

#include "executor/wire.h"

struct container_conf {
	const char *image, *network, *label;	/* label: names the service, "owui-executor=…" */
	uint32_t max_memory_mb, max_pids, disk_mb, cpu_quota;
	bool read_only;
	bool podman;			/* its mounts have other options: no limit of inodes */
	const char *inside;			/* the first process: its program */
	size_t inside_n;
	struct sock_fprog filter;
};

struct container {
	char name[64];
	int stream;			/* attached; -1 */
};

/* Make and start one, and wait until its first process listens; 0, or an errno.  `memory_mb` is its
 * limit.  What was made is there even after a failure: container_remove(). */
int container_start(const struct container_conf *conf, struct container *c, uint32_t memory_mb);

/* Send the job and pass on what comes until its end; 0, or an errno. */
int container_run(const struct container_conf *conf, struct container *c, const struct wire_order *o,
		  const int fds[WFD_COUNT]);

/* Was something in it killed for memory? */
bool container_out_of_memory(const struct container *c);
void container_remove(const char *name);

/* Remove what an earlier service with this label has left. */
void containers_sweep(const char *label);

/* What the engine is ("Docker 27.1.1") in `out`, and conf->podman; false with "Error: …" when it or the image is not there. */
bool container_engine(struct container_conf *conf, char *out, size_t size);

#endif
