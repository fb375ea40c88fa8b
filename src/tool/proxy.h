#ifndef OW_TOOL_PROXY_H
#define OW_TOOL_PROXY_H

/*
 * proxy - requests of browsers to the terminal servers that an administrator connected (setting
 * terminal_server.connections).
 *
 * A connection: { id, name, url, key, auth_type "bearer" | "session" | "system_oauth" | "none", enabled,
 * forward_cookies, server_type, policy_id, config { access_grants, contexts, chat_uploads } }.
 * The server is told the account (X-User-Id) and the chat (X-Session-Id).  What only its administrators
 * may ask (api/v1/policies, api/v1/status, api/v1/terminals) and paths that lead out are refused.
 * Source: contract/notes-workspace.md, "Terminals"; recorded answers.
 */

#include "auth/session.h"
#include "config/config.h"
#include "http/client.h"

struct db;

enum { PROXY_TIMEOUT_MS = 300000 };

struct proxy_ask {
	const char *server_id, *path, *query;	/* path decoded once, query as sent */
	const char *chat_id;			/* NULL: none */
	const char *method, *content_type;
	const char *cookies;			/* the header, NULL: none */
	const char *token;			/* the caller's own */
	const char *oauth_session;		/* NULL: none */
};

struct proxy_fault {
	int status;
	const char *text;
};

/* The request to the server, but for its body; false: *fault. */
bool proxy_open(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		const struct proxy_ask *ask, struct http_request *out, struct proxy_fault *fault);

/* The path below the server in its one form, however often it was encoded; NULL when it leads out of it. */
const char *proxy_path(struct arena *a, const char *path);

/* Header lines of an answer that are handed on, by name and value: start with *at = NULL. */
bool proxy_each_header(struct arena *a, const struct http_answer *answer, const char **at, const char **name,
		       const char **value);

/* Does a body of that type go out as it comes? */
bool proxy_streams(const char *type);

#endif
