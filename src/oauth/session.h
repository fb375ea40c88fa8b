#ifndef OW_OAUTH_SESSION_H
#define OW_OAUTH_SESSION_H

/*
 * session - the tokens that providers gave us for an account: the table oauth_session, sealed as the
 * reference seals them (OAUTH_SESSION_TOKEN_ENCRYPTION_KEY, else WEBUI_SECRET_KEY).
 *
 * A token that ends within five minutes is refreshed when it is asked for, by one process at a time.  A session
 * whose refresh token the provider refuses is deleted; one that cannot be refreshed because the provider is
 * away stays.
 */

#include "config/config.h"


enum { OAUTH_REFRESH_EARLY_S = 300 };

struct oauth_session {
	const char *id, *user_id, *provider;
	struct json_object *token;	/* access_token, id_token, refresh_token, expires_at … */
	int64_t expires_at;
};

/* Seal tokens for the table / open them; NULL: not sealed with our key. */
const char *oauth_session_seal(struct arena *a, struct json_object *token);
struct json_object *oauth_session_open(struct arena *a, const char *sealed);

/* A session by its id; `user_id` NULL: whoever's.  1 found, 0 none or not to be opened, -1 failed. */
int oauth_session_get(struct arena *a, const char *id, const char *user_id,
		      struct oauth_session *out);

/*
 * The tokens of an account from its sign-in, fresh: of the session `id` (the cookie oauth_session_id; may be
 * NULL), else of the one used last.  NULL: there are none.  For what is configured with "system_oauth".
 */
struct json_object *oauth_system_token(struct arena *a, const struct config *c,
				       const char *user_id, const char *id);

#endif
