#ifndef OW_OAUTH_PROVIDER_H
#define OW_OAUTH_PROVIDER_H

/*
 * provider - the identity providers that accounts may sign in with, as the settings describe them.
 *
 * google, microsoft, github, feishu, and `oidc` for any OpenID Connect provider.  One exists when its
 * credentials are complete and oauth.enable is on.
 * Source: tests/contract/config-keys.json, "oauth.*"; endpoints: the providers' documentation.
 */

#include "config/config.h"

struct oauth_provider {
	const char *name;
	const char *client_id, *client_secret;	/* secret "" for public clients */
	const char *metadata_url;	/* of the discovery document; NULL: the endpoints below are fixed */
	const char *authorize_url, *token_url, *userinfo_url;
	const char *scope;
	const char *redirect_uri;	/* "" : made from the request's address */
	const char *sub_claim;		/* what identifies an account there */
	const char *picture_url;	/* asked where the claims name no picture, "" for none */
	const char *token_auth;		/* client_secret_basic, client_secret_post, none */
	bool pkce;
	struct json_object *authorize_params;	/* more parameters for the sign-in page, or NULL */
	int64_t timeout_ms;
};

/* 1 found, 0 no such provider. */
bool oauth_provider(struct arena *a, const struct config *c, const char *name,
		    struct oauth_provider *out);

/* All names, ended by NULL. */
extern const char *const oauth_provider_names[];

/* Milliseconds of a setting that holds seconds as text or number; the default when it is empty. */
int64_t oauth_timeout_ms(const struct config *c, enum config_key key);

#endif
