#ifndef OW_WSD_POLLING_H
#define OW_WSD_POLLING_H

/*
 * polling - Engine.IO over plain requests, for ENABLE_WEBSOCKET_SUPPORT=false.
 *
 * GET waits for packets, POST brings some; several in one body are separated by \x1e.
 */

#include "wsd/engineio.h"

void polling_setup(void);

/* A GET without sid: a new session, whose open packet is the answer. */
struct conn *polling_open(struct lws *wsi);
struct conn *polling_find(const char *sid);		/* NULL: no such session */

/* A GET with sid: false when another one waits already (the session ends). */
bool polling_wait(struct conn *c, struct lws *wsi);
/* The request that waits went away. */
void polling_unwait(struct conn *c, struct lws *wsi);

/* The body of a POST; false: not Engine.IO packets. */
bool polling_take(struct conn *c, struct str body);

/* Body of the answer to a waiting GET; empties the queue. */
void polling_fill(struct conn *c, struct buf *out);

/* End the session now. */
void polling_kill(struct conn *c);

#endif
