#ifndef OW_HTTP_WS_H
#define OW_HTTP_WS_H

/*
 * ws - a WebSocket to another service, as its client, over a connection of libcurl's (TLS as in client.h).
 *
 * Calls block, for as long as they are told.  Messages are texts of at most WS_TEXT_MAX bytes.
 * Source: RFC 6455.
 */

#include "base/arena.h"
#include "base/buf.h"

enum { WS_TEXT_MAX = 8 * 1024 * 1024, WS_HEAD_MAX = 16 * 1024 };

struct ws;

/* Open one at an http(s) address, with headers ("Name: value", ends with NULL).  NULL with a text in *error.  Closed
 * with the arena. */
struct ws *ws_open(struct arena *a, const char *url, const char *const *headers, int64_t timeout_ms,
		   const char **error);

bool ws_send(struct ws *w, const char *text, size_t n);

/* Wait for a message: 1 it is in `out`, 0 none came within the time, -1 the other side is gone or against the rules. */
int ws_read(struct ws *w, int64_t timeout_ms, struct buf *out);

#endif
