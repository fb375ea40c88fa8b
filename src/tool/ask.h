#ifndef OW_TOOL_ASK_H
#define OW_TOOL_ASK_H

/*
 * ask - the tool ask_user: questions with a few choices to the person in front of the chat.
 *
 * In a saved chat the turn pauses (turn/tool_pause.h); in a temporary one the browser is asked and the
 * turn waits.
 */

#include "tool/tool.h"

enum { ASK_MIN_MS = 60000, ASK_MAX_MS = 240000, ASK_DEFAULT_MS = 120000 };

/* The request as browsers take it, { questions, allow_other, timeout_ms }, cut to size; NULL with a text in
 * *err when it is not answerable. */
struct json_object *ask_normal(struct arena *a, struct json_object *args, const char **err);

void ask_run(struct toolbox *b, struct json_object *args, struct tool_value *out);

#endif
