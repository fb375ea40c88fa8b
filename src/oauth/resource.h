#ifndef OW_OAUTH_RESOURCE_H
#define OW_OAUTH_RESOURCE_H

/*
 * resource - which authorization server guards a tool server, and what it can do.
 *
 * A resource names its authorization servers itself (RFC 9728): at the address in WWW-Authenticate, else at the
 * well-known ones.  Their documents are looked for at the well-known addresses of RFC 8414 and OpenID Connect
 * Discovery.  A resource without any gets the defaults of MCP 2025-03-26.
 */

#include "json/json.h"

enum { RESOURCE_URLS_MAX = 32, RESOURCE_SERVERS_MAX = 4, RESOURCE_AGE_MS = 600 * 1000 };

struct resource {
	const char *url;
	const char *indicator;		/* RFC 8707, NULL: none */
	struct json_object *servers;	/* addresses, may be NULL */
	struct json_object *scopes;	/* that it needs, may be NULL */
};

/* Ask it; what it does not say stays empty.  Kept for some minutes. */
void resource_discover(struct arena *a, const char *url, int64_t timeout_ms, struct resource *out);

/* The document of its authorization server with all members that there are, those that it lacks as null; *from is
 * its address.  NULL with a text in *why when none is published. */
struct json_object *resource_published(struct arena *a, const struct resource *r, int64_t timeout_ms,
				       const char **from, const char **why);

/* The same; when neither the resource names an authorization server nor one publishes anything: the defaults of
 * MCP 2025-03-26, *from NULL. */
struct json_object *resource_server(struct arena *a, const struct resource *r, int64_t timeout_ms,
				    const char **from, const char **why);

/* Bring a document into that form; NULL when it is none: *why. */
struct json_object *server_document(struct arena *a, struct json_object *doc, const char **why);

#endif
