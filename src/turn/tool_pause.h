#ifndef OW_TURN_TOOL_PAUSE_H
#define OW_TURN_TOOL_PAUSE_H

/*
 * tool_pause - an answer that waits for the user: a question, or leave to run a tool.
 *
 * The first call without a result becomes "pending", the others "queued"; the message keeps, in `meta`, what
 * the request asked for, so that any process can go on from there.
 */

#include "turn/turn.h"

/* Store and tell it; false: it could not be stored. */
bool tool_pause(struct turn *t);

#endif
