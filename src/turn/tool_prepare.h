#ifndef OW_TURN_TOOL_PREPARE_H
#define OW_TURN_TOOL_PREPARE_H

/*
 * tool_prepare - the step of the preparation that gives the model its tools: those that the request
 * names (tool_ids, tool_servers), those of the model, and the built-in ones.
 *
 * A model that calls tools itself gets their specs; for the others ("legacy") another request is made
 * first that names the calls, and the results become sources of the answer.
 * Source: contract/chat-completions.md, section 6.
 */

#include "turn/turn.h"

/* A step of prepare.c. */
bool tool_prepare(struct turn *t);

/* The turn's surroundings for a tool that is run without being offered; never NULL. */
struct toolbox *tool_box(struct turn *t);

/* Sessions with servers end. */
void tool_release(struct turn *t);

#endif
