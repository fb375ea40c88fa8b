#ifndef OW_PROVIDER_HEADERS_H
#define OW_PROVIDER_HEADERS_H

/*
 * headers - what goes along with a request to a provider: the key, who asks (where the settings say
 * so), and the headers of the connection's settings with their placeholders.
 *
 * Environment: ENABLE_FORWARD_USER_INFO_HEADERS and the FORWARD_… names.  A header that would break a
 * line is left out; what is no ASCII is percent-encoded.
 * Source: the reference's requests as its echo scenarios show them.
 */

#include "auth/session.h"
#include "provider/connection.h"

/* On whose behalf; what is not known is NULL. */
struct caller {
	const struct user *user;
	const char *chat_id, *message_id, *user_message_id, *user_message_parent_id;
	const char *model_id, *task;
	const char *user_agent;
	const char *auth_type;		/* "jwt" or "api_key" */
	const char *credential;		/* the caller's own token, for auth_type "session"; NULL: one is made */
	const char *cookies;		/* the Cookie header, for forward_cookies */
};

/* A list under construction; `list` ends with NULL and can be given to http_run() at any time. */
struct headers {
	struct arena *arena;
	const char **list;
	size_t count;
};

void headers_init(struct headers *h, struct arena *a);

/* Add one, or put it in the place of one with the same name; an empty value is sent as such. */
void headers_set(struct headers *h, const char *name, const char *value);

/* Take one out. */
void headers_drop(struct headers *h, const char *name);

/* Who asks, when forwarding is on. */
void headers_set_user(struct headers *h, const struct caller *c);

/* An object { name: text } of the settings; {{USER_ID}} and the like are filled in. */
void headers_set_custom(struct headers *h, struct json_object *custom, const struct caller *c);

/* All of a connection: content type, key, user, own headers, Azure's. */
void headers_set_connection(struct headers *h, const struct connection *k, const struct caller *c);

#endif
