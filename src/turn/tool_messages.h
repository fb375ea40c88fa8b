#ifndef OW_TURN_TOOL_MESSAGES_H
#define OW_TURN_TOOL_MESSAGES_H

/*
 * tool_messages - the items of an answer as the messages that a provider of chat completions knows: the
 * assistant's text and calls, then a message for each result; pictures of results in a user's message.
 *
 * Calls without a result and results without a call are left out, reasoning too.
 * Source: contract/chat-completions.md, section 6.
 */

#include "json/json.h"

/* Append the messages of the items from index `from` on; how many there were. */
size_t tool_messages_add(struct json_object *messages, struct json_object *output, size_t from);

/* Has the call a result among the items? */
bool tool_has_result(struct json_object *output, const char *call_id);

#endif
