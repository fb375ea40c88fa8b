#ifndef OW_TURN_PROMPTS_H
#define OW_TURN_PROMPTS_H

/*
 * prompts - the built-in templates of the small jobs around a chat, used where the setting is empty.
 *
 * {{MESSAGES:END:n}}, {{MESSAGES:START:n}} and {{MESSAGES}} stand for messages of the chat.
 */

#include "json/json.h"

extern const char prompt_title[], prompt_tags[], prompt_follow_ups[];

/* A template with its messages put in: lines "USER: …", "ASSISTANT: …". */
const char *prompts_messages(struct arena *a, const char *text, struct json_object *messages);

#endif
