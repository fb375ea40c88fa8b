#ifndef OW_TURN_PROMPT_H
#define OW_TURN_PROMPT_H

/*
 * prompt - placeholders in system prompts: the client's own variables first, then those that the
 * server knows ({{CURRENT_DATE}}, {{USER_NAME}} …); unknown ones stay.  Variables of the chat may carry a
 * definition: {{chat.variables.tone | select:options=["dry","warm"]:default="dry"}}.
 * Source: contract/chat-completions.md, section 12.
 */

#include "turn/turn.h"

/* What the server's placeholders say for an account; made once per turn. */
struct prompt_values {
	struct json_object *client;	/* { "{{NAME}}": text }, may be NULL */
	struct json_object *chat, *user;	/* {{chat.variables.x}}, {{user.variables.x}}: by name */
	const char *known[16][2];	/* "{{USER_NAME}}", value; ends with NULL */
};

void prompt_values_load(struct turn *t, struct prompt_values *v);

/* What the server says for a placeholder's name without braces ("USER_NAME"), or NULL. */
const char *prompt_value(const struct prompt_values *v, const char *name);

/* The values for this turn, loaded at their first use. */
const struct prompt_values *prompt_values_of(struct turn *t);

/* A system prompt of the turn with everything replaced that is known. */
const char *prompt_resolve(struct turn *t, const char *text);

/* The text with its placeholders replaced, in the arena. */
const char *prompt_fill(struct arena *a, const struct prompt_values *v, const char *text);

#endif
