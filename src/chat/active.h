#ifndef OW_CHAT_ACTIVE_H
#define OW_CHAT_ACTIVE_H

/*
 * active - what Redis knows about the turns that run in a chat.
 *
 *	<prefix>:tasks				hash, task: chat
 *	<prefix>:tasks:<task>			"1", expires with a dead worker
 *	<prefix>:tasks:item:<chat>		set of tasks
 *	<prefix>:tasks:response_streams:<task>	the text so far: a line {chat_id, message_id, output}
 *	<prefix>:tasks:commands			channel: {"action":"stop","task_id":…}
 *
 * Without Redis nothing runs.  Source: contract/notes-workspace.md, "Side effects".
 */

#include "json/json.h"
#include "json/scan.h"

/* Which of the chats in a list answer ([{ "id": …, … }, …]) have running tasks?  A JSON list of
 * their ids, or NULL for none; one round trip when none has. */
const char *chat_active_ids(struct arena *a, struct str list);

bool chat_is_active(struct arena *a, const char *chat_id);

/* One answer that is being written. */
struct chat_stream {
	struct str message_id;
	struct str content, output;	/* raw JSON */
};

/* The answers that are being written in a chat; how many. */
size_t chat_streams(struct arena *a, const char *chat_id, struct chat_stream **out);

/* Stop all tasks of a chat. */
void chat_stop(struct arena *a, const char *chat_id);

#endif
