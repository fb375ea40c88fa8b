#ifndef OW_WSD_HTTP_H
#define OW_WSD_HTTP_H

/*
 * http - requests below /ws: who may upgrade, what is refused and how, polling, CORS.
 *
 * Source: contract/socketio.md, section 1, "Refusals".
 */

#include "wsd/engineio.h"

/* What libwebsockets keeps for us per connection. */
struct peer {
	struct conn *conn;	/* a WebSocket's */
	bool waits;		/* a polling GET that is answered later */
	bool posts;		/* a polling POST that is being read */
	char sid[ENGINE_SID_SIZE];	/* of the polling session */
	struct buf body;
};

/* Reads ENABLE_WEBSOCKET_SUPPORT and CORS_ALLOW_ORIGIN. */
void http_setup(void);

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, struct peer *peer, void *in,
		  size_t len);

#endif
