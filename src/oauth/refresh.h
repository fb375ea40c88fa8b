#ifndef OW_OAUTH_REFRESH_H
#define OW_OAUTH_REFRESH_H

/* refresh - keep a stored session's tokens fresh: shared by sign-ins and tool servers. */

#include "oauth/session.h"
#include "oauth/token.h"

enum { OAUTH_REFRESH_LOCK_MS = 60000 };

/* The session of an account at a provider: 1 found, 0 none, -1 failed. */
int oauth_session_of(struct arena *a, const char *user_id, const char *provider,
		     struct oauth_session *out);

/* Does it end within five minutes?  Of a sign-in the ID token counts as well as the access token. */
bool oauth_session_stale(struct arena *a, const struct oauth_session *s);

/* Refresh it (with `scope` and `resource` where not NULL), store and give the new tokens; NULL when that was not
 * possible: refused by the provider, the session is deleted. */
struct json_object *oauth_session_refresh(struct arena *a, const struct oauth_client *client,
					  const char *scope, const char *resource,
					  const struct oauth_session *s);

#endif
