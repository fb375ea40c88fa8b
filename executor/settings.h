#ifndef OW_EXECUTOR_SETTINGS_H
#define OW_EXECUTOR_SETTINGS_H

/* settings - the executor's variables; SANDBOX_NAME goes before NAME. */

#include "base/base.h"

struct settings {
	const char *host, *api_key, *rootfs, *toolchain, *launcher, *user, *audit_path;
	const char *backend, *engine, *image, *network, *engine_launcher, *inside;
	int port, max_time, max_memory_mb, cpu_quota, disk_mb, places, max_pids, uid_base;
	int rate_per_minute, rate_burst, max_queue, max_queue_user, queue_timeout;
	int max_return_files, max_return_bytes;
	int pool_size, pool_age;	/* interpreters started ahead; seconds */
	const char *pool_preload;	/* modules, comma separated */
	size_t max_output, max_body;
	bool audit, audit_code, jupyter, read_only;
};

/* Read the environment; `s` and its texts live until the process ends. */
void settings_read(struct settings *s);

/* A switch such as ENABLE_PYTHON under either name. */
bool setting_bool(const char *name, bool def);

#endif
