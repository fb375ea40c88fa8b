#ifndef OW_CHANNEL_H
#define OW_CHANNEL_H

/*
 * channel - what the browsers that look at a channel are told.
 *
 * Everybody who may look at a channel is in the room "channel:<id>".  What happened comes from the functions
 * of the database as JSON; here it is passed on as the event "events:channel".  All of this is done once the
 * change is stored: a Redis that is away costs the news, not the change.
 * Source: contract/socketio.md.
 */

#include "base/arena.h"
#include "base/str.h"

/* Tell the room of events: [what happened, or null …], raw JSON. */
void channel_tell(struct arena *a, const char *id, struct str events);

/* Accounts ([id …], raw JSON) are in the channel from now on: they are told and their browsers join. */
void channel_enter(struct arena *a, const char *id, struct str users);

/* They are not any more. */
void channel_leave(struct arena *a, const char *id, struct str users);

/* There is no such channel any more. */
void channel_close(struct arena *a, const char *id);

#endif
