#ifndef OW_TURN_HISTORY_H
#define OW_TURN_HISTORY_H

/*
 * history - the messages of a stored chat, as the provider will see them.
 * Source: contract/chat-completions.md, sections 10 and 11.
 */

#include "turn/turn.h"

/* The branch that ends at the user's message, behind the form's system message, into t->form, with the
 * answer that is continued or to be revised.  False: it cannot be read. */
bool history_load(struct turn *t);

/* The branch that ends at a message, oldest first, as it is stored; NULL: cannot be read. */
struct json_object *history_branch(struct turn *t, const char *message_id);

/* A step of the preparation: stored messages become what a provider takes. */
bool history_replay(struct turn *t);

/* What the user wants to be different in a new version of an answer, as a last question. */
void history_add_hint(struct turn *t);

#endif
