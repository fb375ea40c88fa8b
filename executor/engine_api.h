#ifndef OW_EXECUTOR_ENGINE_API_H
#define OW_EXECUTOR_ENGINE_API_H

/*
 * engine_api - a container engine's HTTP API (Docker's v1.41, which Podman has too), by HTTP/1.0 over a
 * Unix socket or TCP: an answer ends with its connection.
 */

#include "base/arena.h"
#include "base/buf.h"

enum { ENGINE_ANSWER_MAX = 4 * 1024 * 1024 };

/* Where it is: unix:///path, tcp://host:port or http://host:port.  False: not such an address. */
bool engine_at(const char *address);

/* Ask; `body` is JSON or NULL.  The HTTP status, the answer's body in *answer (emptied first); -1 with
 * errno when the engine cannot be reached or does not speak HTTP. */
int engine_call(const char *method, const char *path, const char *body, struct buf *answer);

/* The multiplexed stream of a container: the socket, or -1 with errno. */
int engine_attach(const char *container);

#endif
