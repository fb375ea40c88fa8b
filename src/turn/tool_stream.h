#ifndef OW_TURN_TOOL_STREAM_H
#define OW_TURN_TOOL_STREAM_H

/*
 * tool_stream - calls of tools as they come in a provider's chunks: items of the answer that grow.
 * Source: contract/chat-completions.md, sections 5 and 6.
 */

#include "json/scan.h"
#include "turn/turn.h"

enum {
	TOOL_CALLS_MAX = 128,		/* in one round */
	TOOL_ARGUMENTS_MAX = 4 * 1024 * 1024,	/* bytes of one call */
};

struct tool_stream {
	struct {
		int64_t index;		/* as the provider counts */
		struct item *item;
	} calls[TOOL_CALLS_MAX];
	size_t count;
};

/* Take `delta.tool_calls` of a chunk; false: a limit was reached. */
bool tool_stream_take(struct tool_stream *s, struct turn *t, struct str calls);

/* The round is over: the calls are complete. */
void tool_stream_end(struct tool_stream *s, struct turn *t);

#endif
