#ifndef OW_TURN_PROMPT_H
#define OW_TURN_PROMPT_H

/*
 * prompt - placeholders in system prompts: the client's own variables first, then those that the
 * server knows ({{CURRENT_DATE}}, {{USER_NAME}} …).  Unknown ones stay.
 * Source: contract/chat-completions.md, section 12.
 */

#include "turn/turn.h"

/* What the server's placeholders say for an account; made once per turn. */
struct prompt_values {
	struct json_object *client;	/* { "{{NAME}}": text }, may be NULL */
	const char *known[16][2];	/* "{{USER_NAME}}", value; ends with NULL */
};

void prompt_values_load(struct turn *t, struct prompt_values *v);

/* A system prompt of the turn with everything replaced that is known. */
const char *prompt_resolve(struct turn *t, const char *text);

/* The text with its placeholders replaced, in the arena. */
const char *prompt_fill(struct arena *a, const struct prompt_values *v, const char *text);

#endif
