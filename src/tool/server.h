#ifndef OW_TOOL_SERVER_H
#define OW_TOOL_SERVER_H

/*
 * server - the tool servers that an administrator connected (setting tool_server.connections): who may
 * use one, with which headers it is asked, and what the OpenAPI ones offer.
 *
 * A connection: { type "openapi" | "mcp", url, path, spec_type "url" | "json", spec, auth_type, key, headers,
 * config { enable, access_grants, function_name_filter_list }, info { id, name, description } }.
 * An OpenAPI server's id is info.id, or its place in the list.
 *
 * Descriptions are fetched with a limit of time and size, digested (openapi.h) and kept in Redis for all
 * processes; a server that does not answer is left alone for half a minute.
 */

#include "tool/tool.h"

struct db;

enum {
	SERVERS_MAX = 64,			/* connections that are looked at */
	SERVER_SPEC_MAX = 8 * 1024 * 1024,	/* bytes of a description */
	SERVER_HEADERS_MAX = 48,
};

struct server {
	struct json_object *connection;
	const char *id;
	size_t index;
	bool mcp;
	struct json_object *digest;	/* of an OpenAPI server that answers; NULL */
};

/* The enabled connections; `digests`: with what the OpenAPI servers offer, all asked at once. */
size_t servers_list(struct arena *a, const struct config *c, bool digests, struct server *out, size_t max);

/* Where the description of an OpenAPI server is, and what it says: JSON, else YAML; NULL with a text in *err. */
const char *server_spec_url(struct arena *a, struct json_object *connection);
struct json_object *server_description(struct arena *a, const char *text, size_t len, const char **err);

/* May the account use it? */
bool server_allowed(struct arena *a, struct db *db, const struct user *u, struct json_object *connection);

/* Headers for a request to the server, ended by NULL; `accept` is the media types that we take.  False:
 * the account has to sign in at the server first. */
bool server_headers(struct toolbox *b, const struct server *s, const char *accept, const char *const **out);

/* The MCP server of that id that the account may use; false: none. */
bool server_mcp_of(struct toolbox *b, const char *id, struct server *out);

/* Does the connection's list of function names let this one through? "a,!b": ends with a, not with b. */
bool server_lets_through(struct json_object *connection, const char *function);

/* The connected servers that the account may use, as items of the list of tools: [{ id "server:…", name, meta … }];
 * of the OpenAPI ones those that answer.  Takes a database connection for a moment only. */
struct json_object *servers_shown(struct arena *a, const struct config *c, const struct user *u);

/* Add the tools of "server:<id>", "server:mcp:<id>" … of the list; what cannot be reached is told by a
 * status event. */
void toolbox_add_servers(struct toolbox *b, struct json_object *tool_ids);

#endif
