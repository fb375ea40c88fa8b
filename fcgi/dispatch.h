#ifndef OW_DISPATCH_H
#define OW_DISPATCH_H

/*
 * dispatch - kept FastCGI connections without a thread for each.
 *
 * One thread waits with epoll for the listening socket and all idle connections; a connection that
 * has something to read goes to a worker thread, whose FCGX_Accept_r() then does not block.  After
 * the answer it returns to epoll.  libfcgi's public fields are used: ipcFd, keepConnection.
 */

#include "base/base.h"

struct pool_spec {
	const char *name;
	const char *socket_path;
	int threads_min, threads_max;	/* more are started while all are busy, and end when idle */
	size_t stack_bytes;
};

struct pool;

/* Listen and start the threads; ends the process when the socket cannot be made. */
struct pool *pool_start(const struct pool_spec *spec);

/* Take no new requests, wait up to `ms` for running ones.  True when all have ended. */
bool pool_stop(struct pool *p, int64_t ms);

#endif
