#ifndef OW_TURN_FILTERS_H
#define OW_TURN_FILTERS_H

/*
 * filters - the filters of pipelines servers around a turn: they see the request before it is made and
 * the messages when the answer is stored.  Source: contract/chat-completions.md, section 11.
 */

#include "turn/turn.h"

/* A step of the preparation: t->form is what the filters leave of it. */
bool filters_inlet(struct turn *t);

/* After the answer: changed messages are stored (the text before as originalContent), and the chat is
 * told.  Nothing happens where the model has no filter. */
void filters_outlet(struct turn *t);

#endif
