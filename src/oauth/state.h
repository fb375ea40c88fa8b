#ifndef OW_OAUTH_STATE_H
#define OW_OAUTH_STATE_H

/*
 * state - what is remembered of a sign-in between its start and its callback, in Redis under
 * "<prefix>:oauth:state:<state>", so that any worker can take the callback.
 *
 * A state is good once, for an hour, and only in the browser that began: the record holds the digest
 * of that browser's session cookie.
 */

#include "base/arena.h"

enum { OAUTH_STATE_BYTES = 32, OAUTH_STATE_SECONDS = 3600 };

struct oauth_state {
	const char *provider;		/* or the client's id, of a tool server */
	const char *nonce;		/* NULL: none was sent */
	const char *verifier;		/* of PKCE, NULL: none */
	const char *redirect_uri;
	const char *user_id;		/* who connects a tool server; NULL at a sign-in */
};

/* A random text for a nonce, a state, a verifier or a browser's cookie: 43 characters of base64url. */
char *oauth_random(struct arena *a);

/* Does it look like one of those? */
bool oauth_random_valid(const char *text);

/* Keep it; the state's name, or NULL when Redis cannot be reached. */
const char *oauth_state_save(struct arena *a, const struct oauth_state *s, const char *browser);

/* Take it back: 1 found, 0 unknown, expired, used, or begun by another browser or provider, -1 Redis cannot be
 * reached. */
int oauth_state_take(struct arena *a, const char *name, const char *provider, const char *browser,
		     struct oauth_state *out);

#endif
