#ifndef OW_TOOL_MCP_H
#define OW_TOOL_MCP_H

/*
 * mcp - tools of Model Context Protocol servers, over streamable HTTP.
 *
 * A session is opened when a turn's toolbox is filled (initialize, then tools/list page by page) and
 * closed with the box.  Answers come as JSON or as an event stream, in which the server may ask back:
 * ping, and elicitation, which goes to the person in front of the browser.
 *
 * Limits: TOOLS_MAX tools, MCP_PAGES_MAX pages, TOOL_BODY_MAX bytes an answer; MCP_INITIALIZE_TIMEOUT (10 s)
 * for all but calls, AIOHTTP_CLIENT_TIMEOUT_TOOL_SERVER (300 s) for these.
 * Source: modelcontextprotocol.io, specification 2025-06-18.
 */

#include "tool/server.h"

enum { MCP_PAGES_MAX = 50 };

extern const struct tool_ops mcp_ops;

/* Add the server's tools, as "<server id>_<name>"; false: it cannot be reached or refuses. */
bool mcp_add(struct toolbox *b, const struct server *s);

/* [{ name, description, parameters }] of a server; NULL with a text in *err when it cannot be asked. */
struct json_object *mcp_specs(struct toolbox *b, const struct server *s, const char **err);

/* The content list of a result without pictures and sound, which become files: one value, or a list. */
struct json_object *mcp_content(struct toolbox *b, struct json_object *content, struct tool_result *out);

/* A result's content with its structured content added, when the texts do not say the same already. */
struct json_object *mcp_structured(struct arena *a, struct json_object *result);

#endif
