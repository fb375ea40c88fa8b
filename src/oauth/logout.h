#ifndef OW_OAUTH_LOGOUT_H
#define OW_OAUTH_LOGOUT_H

/*
 * logout - the end of a session, said by the provider (back-channel logout) or to it.
 * Source: OpenID Connect Back-Channel Logout 1.0, RP-Initiated Logout 1.0.
 */

#include "config/config.h"


/* End the sessions that a logout token names, of whichever provider issued it; `form` is the body of the provider's
 * request.  NULL when the token was good, whether anybody was signed in or not; else what is wrong with it.
 * *failed: the database cannot be reached. */
const char *oauth_backchannel_logout(struct arena *a, const struct config *c,
				     struct str form, bool *failed);

/* Where a browser goes to end its session at the provider too: for the session `id` of the cookie
 * oauth_session_id.  1 *url is set, 0 nowhere, -1 the provider's discovery document cannot be had. */
int oauth_logout_url(struct arena *a, const struct config *c, const char *id,
		     const char *return_to, const char **url);

#endif
