#ifndef OW_OAUTH_TOOLCLIENT_H
#define OW_OAUTH_TOOLCLIENT_H

/*
 * toolclient - we as a client of the authorization server that guards a tool server (MCP, OAuth 2.1).
 *
 * A client is registered once by an administrator, dynamically (RFC 7591) or with credentials that the server's
 * operator gave.  Its record, sealed (OAUTH_CLIENT_INFO_ENCRYPTION_KEY, else WEBUI_SECRET_KEY), stands in
 * info.oauth_client_info of the connection (setting tool_server.connections).  Each account then connects itself: its
 * tokens are a session with the provider "mcp:<server id>".
 */

#include "config/config.h"
#include "oauth/resource.h"


struct tool_client {
	const char *id;			/* "mcp:<server id>" */
	size_t index;			/* of its connection */
	struct json_object *connection;
	struct json_object *info;	/* client_id, client_secret, redirect_uris, scope, resource, server_metadata … */
};

/* What an administrator gives to register one. */
struct tool_client_form {
	const char *id;			/* "<type>:<server id>" */
	const char *url;		/* of the tool server, or of what names its authorization server */
	const char *client_id, *client_secret;	/* with a secret: no registration */
	const char *scope;		/* blanks or commas between; NULL: what the resource names */
	const char *webui_url;		/* where callbacks come to, without a slash at the end */
};

/* Register: the record, or NULL with a text in *why. */
struct json_object *tool_client_register(struct arena *a, const struct config *c,
					 const struct tool_client_form *form, const char **why);

/* Seal a record for the connection. */
const char *tool_client_seal(struct arena *a, struct json_object *info);

/* The client of that id: 1 found, 0 there is none (or its record cannot be opened). */
int tool_client_get(struct arena *a, const struct config *c, const char *id, struct tool_client *out);

/* Register anew with the settings of its connection, and store that: 1 done, 0 refused, -1 the database failed. */
int tool_client_renew(struct arena *a, const struct config *c, struct tool_client *t,
		      const char *webui_url);

/* Would the authorization server take the client?  False only when it says that it does not know it. */
bool tool_client_known(struct arena *a, const struct config *c, const struct tool_client *t);

/* The address where the account `user_id` agrees; NULL: *why. */
const char *tool_client_begin(struct arena *a, const struct config *c, const struct tool_client *t,
			      const char *user_id, const char *browser, const char **why);

struct tool_client_return {
	const char *code, *state, *error, *error_description, *browser;
	const char *user_id;		/* who is signed in, NULL: nobody */
};

/* The account has agreed: keep its tokens.  NULL, or what went wrong. */
const char *tool_client_finish(struct arena *a, const struct config *c,
			       const struct tool_client *t, const struct tool_client_return *back);

/* The access token of an account for a tool server, fresh; NULL: it has to connect first. */
const char *tool_client_token(struct arena *a, const struct config *c, const char *user_id,
			      const char *id);

#endif
