#ifndef OW_TOOL_BROWSER_H
#define OW_TOOL_BROWSER_H

/*
 * browser - tools that the account's browser runs, and questions to the person in front of it.
 * Source: contract/socketio.md, section 6.
 */

#include "tool/tool.h"

/* Ask the session of the turn and wait for its answer (timeout_ms 0: as long as it lives).  Always a
 * value: { "error": … } when there is no answer. */
struct json_object *browser_call(struct toolbox *b, const char *type, struct json_object *data, int timeout_ms);

/* The same for what a person answers: carries an interaction_id, whose end is told to the session. */
struct json_object *browser_ask(struct toolbox *b, const char *type, struct json_object *data, int timeout_ms);

/* Add the tools of servers that only the browser can reach: the request's tool_servers, [{ url, specs,
 * system_prompt? … }]. */
void toolbox_add_browser(struct toolbox *b, struct json_object *servers);

#endif
