#ifndef OW_TURN_TASKS_H
#define OW_TURN_TASKS_H

/*
 * tasks - what follows an answer: follow-up questions, the chat's title, its tags; each by a short
 * request to the task model.  Source: contract/chat-completions.md, section 9.
 */

#include "turn/turn.h"

/* Run those that the request asked for, in their order. */
void tasks_after(struct turn *t);

/* The title of a new chat from its question alone, while the answer is being written. */
void tasks_first_title(struct turn *t);

#endif
