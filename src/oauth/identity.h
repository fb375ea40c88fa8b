#ifndef OW_OAUTH_IDENTITY_H
#define OW_OAUTH_IDENTITY_H

/*
 * identity - what the claims of a provider mean here: who, with which role, in which groups.
 * Source: recorded behaviour of the reference; the settings oauth.*.
 */

#include "oauth/provider.h"

/* A claim by its name, or by a dotted path into objects ("resource_access.webui.roles"); lists, texts
 * and numbers only, else NULL. */
struct json_object *claim_get(struct json_object *claims, const char *path);

/* A claim as text, numbers too; NULL when it is empty, no text, or holds a NUL. */
const char *claim_text(struct json_object *claims, const char *name);

enum oauth_role {
	ROLE_KEEP,	/* the account's own, or the default of new ones */
	ROLE_USER,
	ROLE_ADMIN,
	ROLE_DENIED,
};

/* The role that the claims give.  `token_claims` (of an access token that is exchanged; NULL at a sign-in) are
 * looked at where `claims` say nothing, and must then say something where roles are demanded. */
enum oauth_role oauth_role_of(struct arena *a, const struct config *c, struct json_object *claims,
			      struct json_object *token_claims);

/* The groups that the claims name (JSON array of texts); empty when they name none. */
struct json_object *oauth_groups_of(struct arena *a, const struct config *c, struct json_object *claims,
				    struct json_object *token_claims);

/* Patterns of groups that stay untouched, from a JSON array or a list with commas. */
struct json_object *oauth_blocked_groups(struct arena *a, const struct config *c);

struct oauth_identity {
	const char *sub, *email, *name;
	const char *picture;		/* address that the claims or the provider name, "" for none */
	bool email_unverified;		/* the provider says so */
};

/* NULL when all is there and allowed, else why not.  `email` is used where the claims name none. */
const char *oauth_identity_of(struct arena *a, const struct config *c, const struct oauth_provider *p,
			      struct json_object *claims, const char *email, struct oauth_identity *out);

#endif
