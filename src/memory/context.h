#ifndef OW_MEMORY_CONTEXT_H
#define OW_MEMORY_CONTEXT_H

/*
 * context - what a model is told of an account's memories when a turn begins: all that is about the person,
 * what lies under paths that the conversation names, and what is nearest to its words.
 * Source: the reference's settings memories.*; contract/chat-completions.md, section 11.
 */

#include "config/config.h"

/* The text, within tags; NULL: nothing fits (or the database failed).  `words`: what the user said
 * lately.  Borrows connections as it needs them. */
const char *memory_context(struct arena *a, const struct config *c, const char *user_id, const char *words);

#endif
