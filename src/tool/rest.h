#ifndef OW_TOOL_REST_H
#define OW_TOOL_REST_H

/* rest - the operations of an OpenAPI server as tools. */

#include "tool/server.h"

/* Add what the server offers; nothing when it does not answer. */
void rest_add(struct toolbox *b, const struct server *s, const char *tool_id);

#endif
