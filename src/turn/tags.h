#ifndef OW_TURN_TAGS_H
#define OW_TURN_TAGS_H

/*
 * tags - reasoning that a model writes into its text between tags, such as <think>…</think>, and programs
 * between code_interpreter tags where the turn runs them.
 *
 * Source: contract/chat-completions.md, section 5.
 */

#include "turn/turn.h"

/* The last item has got `added` more bytes of text: cut it where a tag is complete now.  True when the
 * list has changed its shape, so that a snapshot must correct what was sent. */
bool tags_apply(struct turn *t, size_t added);

/* Is the last item reasoning or a program by a tag that has not ended? */
bool tags_inside(const struct turn *t);

/* Is the last item a program whose end tag is there? */
bool tags_code_ends(const struct turn *t);

#endif
