#ifndef OW_TOOL_RESULT_H
#define OW_TOOL_RESULT_H

/*
 * result - a tool's value in the words that the model gets, and what the browser shows beside them.
 *
 * Objects are printed with an indent of two, lists as { "results": […] }, pictures in data: addresses
 * become files, an HTML answer that asks to be shown inline becomes an embed.
 */

#include "tool/tool.h"

void result_make(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *value,
		 struct tool_result *out);

/* Does the text tell of a failure?  Source: answers of the reference. */
bool result_is_error(struct arena *a, const char *text);

#endif
