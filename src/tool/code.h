#ifndef OW_TOOL_CODE_H
#define OW_TOOL_CODE_H

/* code - the tool execute_code: in the browser, or on owui-executor. */

#include "tool/tool.h"

void code_run(struct toolbox *b, struct json_object *args, struct tool_value *out);

#endif
