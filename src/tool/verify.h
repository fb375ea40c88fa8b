#ifndef OW_TOOL_VERIFY_H
#define OW_TOOL_VERIFY_H

/* verify - try out a connection to a tool server before it is stored. */

#include "tool/server.h"

/* What the server offers, as the administrator's page shows it: { status, specs } of an MCP server, { status,
 * oauth_server_metadata } of one behind OAuth 2.1, the description of an OpenAPI one.  `connection` as in server.h; asked in the name of `user`.  NULL: it cannot be asked. */
struct json_object *server_verify(struct arena *a, const struct config *c, const struct user *user,
				  struct json_object *connection);

#endif
