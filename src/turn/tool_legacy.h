#ifndef OW_TURN_TOOL_LEGACY_H
#define OW_TURN_TOOL_LEGACY_H

/*
 * tool_legacy - tools for a model that cannot call them (params.function_calling "legacy"): the task model is
 * asked which calls would help, they are run before the answer, and their results become its sources.
 * Source: the reference's answers in that mode; template: task.tools.prompt_template.
 */

#include "tool/tool.h"
#include "turn/turn.h"

enum { LEGACY_CALLS_MAX = 16 };

/* Fill t->sources; nothing happens when no call would help. */
void tool_legacy(struct turn *t);

#endif
