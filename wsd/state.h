#ifndef OW_WSD_STATE_H
#define OW_WSD_STATE_H

/*
 * state - what sockets leave in Redis for everybody: session pool, usage pool, who views a chat.
 *
 * All functions wait for Redis and belong on the threads of the pool.
 * Source: contract/socketio.md, section 10.
 */

#include "base/arena.h"

struct identity;

enum {
	STATE_USAGE_S = 3,		/* a model counts as used that long after the last event */
	STATE_SWEEP_MS = 3 * 1000,
};

/* Entries without a heartbeat for that long are dead: max(120, 4 heartbeat intervals). */
int64_t state_session_timeout_s(void);

/* `account`: JSON object; chat_ids: JSON array. */
bool state_session_put(struct arena *a, const char *sid, const char *account, const char *chat_ids);

/* Someone opened or left a chat: updates the entry and tells the room who is there.
 * 1 done, 0 the session is not in the pool, -1 Redis is away. */
int state_chat_view(struct arena *a, const char *sid, const struct identity *who,
		    const char *chat_id, bool open, const char *chat_ids);

void state_usage_put(struct arena *a, const char *sid, const char *model);
void state_usage_sweep(struct arena *a);

/* A socket is gone; `chats` as in state_chat_view. */
struct state_gone {
	const char *sid;
	bool pooled, used_model;
	const char *const *chats;
	size_t chat_count;
};
void state_session_gone(struct arena *a, const struct state_gone *g);

/* Drop dead entries; one process at a time does it. */
void state_session_sweep(struct arena *a);

#endif
