#ifndef OW_TURN_SKILLS_H
#define OW_TURN_SKILLS_H

/*
 * skills - instructions that an account keeps (table skill), put into the system message where the
 * request selects them, the model has them, or a message mentions them: <$id|label> or </id|label>.
 *
 * A model with the skill tools gets the selected ones in full and the others by name, to be loaded when
 * they are needed; one without gets all that are its own or selected in full.
 * Source: contract/chat-completions.md, section 11.
 */

#include "turn/turn.h"

/* A step of the preparation. */
bool skills_add(struct turn *t);

/* A text with each mention replaced by its label: for titles. */
const char *skills_plain(struct arena *a, const char *text);

#endif
