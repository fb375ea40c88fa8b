#ifndef OW_WSD_ENGINEIO_H
#define OW_WSD_ENGINEIO_H

/*
 * engineio - Engine.IO protocol 4: connections, packets, pings.
 *
 * A connection is a WebSocket or, where WebSocket support is switched off, a polling session.
 * Packets out are frames; what arrives goes up to socketio.  A connection that reads too slowly,
 * sends too much or stops answering pings is closed.  Service thread only.
 * Source: contract/socketio.md, section 1.
 */

#include <libwebsockets.h>

#include "base/buf.h"
#include "wsd/frame.h"

enum {
	ENGINE_PAYLOAD_MAX = 16 * 1024 * 1024,	/* bytes of a message in */
	ENGINE_QUEUE_MAX = 32 * 1024 * 1024,	/* bytes waiting to go out */
	ENGINE_SID_SIZE = 21,			/* with the NUL */
	ENGINE_CLOSE_NORMAL = 1000,
	ENGINE_CLOSE_PROTOCOL = 1002,
	ENGINE_CLOSE_TEXT = 1007,		/* no UTF-8 */
	ENGINE_CLOSE_TOO_BIG = 1009,
};

struct sock;

struct conn {
	struct conn *prev, *next;
	struct lws *wsi;		/* polling: the request that waits for packets, or NULL */
	struct sock *sock;		/* of socketio: the connected namespace, or NULL */
	struct frame_queue out;
	struct buf in;			/* a message that arrives in pieces */
	int64_t due;			/* next ping; when pinged or closing: the end of patience */
	uint16_t close_code;
	bool polling, pinged, closing, binary, paused;
	char sid[ENGINE_SID_SIZE];
};

/* Reads WEBSOCKET_SERVER_PING_INTERVAL/TIMEOUT. */
void engine_setup(void);

/* A new connection; its open packet is queued. */
struct conn *conn_open(struct lws *wsi, bool polling);
/* Its end: tells socketio, frees it. */
void conn_free(struct conn *c);

/* Queue or send one packet; a reference is taken where needed. */
void conn_send(struct conn *c, struct frame *f);
void conn_send_text(struct conn *c, const char *text);

/* Close once what is queued is out; nothing is sent or taken any more from now on. */
void conn_close(struct conn *c, unsigned code);

/* Stop and go on reading: what is slow to handle waits in the client. */
void conn_pause(struct conn *c, bool pause);

/* One packet from the client. */
void conn_packet(struct conn *c, struct str packet, bool binary);

/* Once a second: pings and time-outs. */
void engine_tick(int64_t now_ms);
/* Close all connections; the number that is still there. */
size_t engine_close_all(void);
size_t engine_count(void);
/* Forget those that are left, at the end of the process. */
void engine_shutdown(void);

/* Callbacks of the WebSocket role. */
int engine_ws_callback(struct lws *wsi, enum lws_callback_reasons reason, struct conn **slot,
		       void *in, size_t len);

/* 15 random bytes as base64url. */
void engine_new_sid(char out[ENGINE_SID_SIZE]);

#endif
