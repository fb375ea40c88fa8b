#ifndef OW_WSD_HANDLERS_H
#define OW_WSD_HANDLERS_H

/* handlers - what the events of clients do; see event.h and contract/socketio.md, section 4. */

#include "wsd/event.h"

/* ev_session.c */
enum outcome ev_connect(struct event *ev);
enum outcome ev_user_join(struct event *ev);
enum outcome ev_heartbeat(struct event *ev);
enum outcome ev_usage(struct event *ev);
enum outcome ev_stream(struct event *ev);

/* ev_channel.c */
enum outcome ev_join_channels(struct event *ev);
bool ev_channel_before(struct event *ev);
enum outcome ev_channel(struct event *ev);

/* ev_chat.c */
bool ev_chat_before(struct event *ev);
enum outcome ev_chat(struct event *ev);

/* ev_note.c */
enum outcome ev_join_note(struct event *ev);

/* ev_ydoc.c */
bool ev_ydoc_before(struct event *ev);
enum outcome ev_ydoc_join(struct event *ev);
enum outcome ev_ydoc_state(struct event *ev);
enum outcome ev_ydoc_update(struct event *ev);
enum outcome ev_ydoc_awareness(struct event *ev);
enum outcome ev_ydoc_leave(struct event *ev);

/* Join the rooms of the channels in the JSON array `ids`, if the account may use channels. */
int join_channels(struct event *ev, const struct user *u, const char *ids);

/* The outcome for a session check that did not say "good". */
static inline enum outcome session_outcome(int rc)
{
	return rc < 0 ? EV_FAIL : EV_LOST;
}

#endif
