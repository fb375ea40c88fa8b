#ifndef OW_EXECUTOR_WS_H
#define OW_EXECUTOR_WS_H

/* ws - WebSocket frames (RFC 6455) on an upgraded connection; text messages only, no extensions. */

#include "executor/http.h"

enum { WS_MESSAGE_MAX = 1024 * 1024 };

/* Answer the handshake; false (and a 400) when the request is none, or another site's page sent it. */
bool ws_accept(struct http_conn *c);

/* Take one whole message off c->in into `message`, answering pings; 1 one is there, 0 more bytes are
 * needed, -1 the socket is over.  `message` collects fragments: give the same one each time, and empty
 * it after each message. */
int ws_next(struct http_conn *c, struct buf *message);

void ws_send_text(struct http_conn *c, const char *p, size_t n);

#endif
