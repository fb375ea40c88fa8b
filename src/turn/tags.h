#ifndef OW_TURN_TAGS_H
#define OW_TURN_TAGS_H

/*
 * tags - reasoning that a model writes into its text between tags, such as <think>…</think>.
 *
 * Source: contract/chat-completions.md, section 5.
 */

#include "turn/turn.h"

/* The last item has got `added` more bytes of text: cut it where a tag is complete now.  True when the
 * list has changed its shape, so that a snapshot must correct what was sent. */
bool tags_apply(struct turn *t, size_t added);

/* Is the last item reasoning by a tag that has not ended? */
bool tags_inside(const struct turn *t);

#endif
