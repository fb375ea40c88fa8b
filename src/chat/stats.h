#ifndef OW_CHAT_STATS_H
#define OW_CHAT_STATS_H

/*
 * stats - what a chat is made of, in numbers.
 *
 * Lengths are in characters, times in seconds.  "history" counts all messages, the others those
 * of the branch that the chat stands at.
 */

#include "json/json.h"

struct chat_facts {
	const char *id, *user_id;
	int64_t created_at, updated_at;
	struct json_object *doc, *tags;
};

/* One entry of the usage list; NULL for a chat without messages or with malformed ones. */
struct json_object *chat_stats_usage(struct arena *a, const struct chat_facts *c);

/* The export of one chat: numbers for the chat and for each message; never a text. */
struct json_object *chat_stats_export(struct arena *a, const struct chat_facts *c);

#endif
