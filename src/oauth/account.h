#ifndef OW_OAUTH_ACCOUNT_H
#define OW_OAUTH_ACCOUNT_H

/*
 * account - from what a provider says to an account here: found by the provider's identifier, merged by
 * address where that is allowed, or made; with role, groups, name, address and picture as the settings
 * say.  One transaction; a session with the provider's tokens is kept with it.
 */

#include "oauth/identity.h"
#include "oauth/signin.h"
#include "user/account.h"


struct oauth_login {
	struct account who;
	struct json_object *events;	/* what happened: [{ name, subject, data }], for event_publish() */
	const char *session_id;		/* of the kept tokens; NULL: none were kept */
	const char *id_token;		/* NULL: none came */
};

/* Why not: the status and the text for the client; the text is NULL when all is well. */
struct oauth_fault {
	int status;
	const char *text;
};

/* Sign in with the answer of a provider. */
struct oauth_fault oauth_sign_in(struct arena *a, const struct config *c,
				 const struct oauth_provider *p, const struct oauth_answer *answer,
				 struct oauth_login *out);

/* Sign in with an access token that another program got from the provider; no account is made. */
struct oauth_fault oauth_exchange(struct arena *a, const struct config *c,
				  const struct oauth_provider *p, const char *access_token,
				  struct oauth_login *out);

#endif
