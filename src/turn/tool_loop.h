#ifndef OW_TURN_TOOL_LOOP_H
#define OW_TURN_TOOL_LOOP_H

/*
 * tool_loop - between two calls of the provider: run the tools that the last one asked for.
 *
 * Each call becomes a result among the items of the answer and a message for the next call.  A question to
 * the user, or a call that needs leave, pauses the turn: everything is in the database then, and the
 * resolve route (turn/tool_resolve.h) starts it again, in whatever process.
 * Limits: CHAT_RESPONSE_MAX_TOOL_CALL_ITERATIONS rounds (256; -1: as many as OUTPUT_MAX_ITEMS allows).
 * Source: contract/chat-completions.md, section 6.
 */

#include "turn/turn.h"

enum tools_end {
	TOOLS_NONE,			/* nothing was asked for: the answer is complete */
	TOOLS_AGAIN,			/* results are there: call the provider again */
	TOOLS_PAUSED,			/* stored and told; the turn ends without a finish */
	TOOLS_CANCELLED,
	TOOLS_LIMIT,			/* too many rounds: told; what there is, is the answer */
};

/* A call of the provider is complete. */
enum tools_end tools_after_round(struct turn *t);

/* A resumed turn whose runner died: what a call that was running has done is not known, so the user decides again. */
void tools_recover(struct turn *t);

/* Start of a resumed turn: run the calls that were approved.  AGAIN: all have results; NONE: it was no
 * paused turn. */
enum tools_end tools_resume(struct turn *t);

#endif
