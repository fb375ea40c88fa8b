#ifndef OW_WSD_BUS_H
#define OW_WSD_BUS_H

/*
 * bus - the Redis subscription, inside the service loop.
 *
 * One connection, opened by a thread and then adopted by libwebsockets.  It is opened again when
 * it is lost, and all rooms are subscribed anew; sockets stay meanwhile.
 */

#include <libwebsockets.h>

#include "base/str.h"

/* Something that must not happen before the rooms joined so far can hear. */
struct bus_wait {
	struct bus_wait *next;
	uint64_t turn;
	void (*go)(struct bus_wait *w);
};

/* `message` gets each payload published to a room of this process. */
void bus_setup(struct lws_vhost *vh, void (*message)(struct str room, struct str payload));
/* Do not connect again; libwebsockets closes the connection with its context. */
void bus_stop(void);

/* A room got its first member, lost its last (for rooms_setup()). */
void bus_room_opened(const char *name);
void bus_room_closed(const char *name);

/* Call w->go() once all subscriptions made so far are confirmed; at once when none is under way
 * or Redis is away.  The caller keeps *w alive. */
void bus_wait(struct bus_wait *w);

/* Once a second: reconnect, probe a silent connection. */
void bus_tick(int64_t now_ms);

bool bus_up(void);

/* The protocol's callback, for the table of main.c. */
#define BUS_PROTOCOL "owui-bus"
int bus_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		 size_t len);

#endif
