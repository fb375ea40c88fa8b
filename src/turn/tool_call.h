#ifndef OW_TURN_TOOL_CALL_H
#define OW_TURN_TOOL_CALL_H

/* tool_call - one call: run it, and put its result among the items of the answer. */

#include "tool/tool.h"
#include "turn/turn.h"

struct tool_done {
	struct tool_result result;
	const char *arguments;		/* as they were understood, or as they came */
};

/* The result of a call among the items, or NULL. */
struct json_object *tool_item_result(const struct turn *t, const struct item *call);

/* A call whose arguments are several objects, one behind the other, becomes several calls. */
void tool_split_calls(struct turn *t);

/* Run it; in a temporary chat the user is asked for leave first when the chat wants that. */
void tool_run(struct turn *t, struct item *call, struct tool_done *out);

/* Append the result and set the call's status. */
void tool_take_done(struct turn *t, struct item *call, const struct tool_done *done);
void tool_add_result(struct turn *t, struct item *call, const char *text, const char *status);

/* The item of a result: { type, id, call_id, output, status, files?, embeds? }. */
struct json_object *tool_output_item(struct arena *a, const char *call_id, const struct tool_result *r);

/* Citations of the results, to the browsers. */
void tool_emit_sources(struct turn *t);

#endif
