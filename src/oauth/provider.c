#include "oauth/provider.h"

#include "base/env.h"
#include "base/log.h"

enum { TIMEOUT_MS = 10000, TIMEOUT_MAX_S = 120 };

static const struct known {
	const char *name;
	enum config_key id, secret, scope, redirect_uri;
	const char *metadata_url;
	const char *authorize_url, *token_url, *userinfo_url;
	const char *sub_claim;
} known[] = {
	{ "google", CK_OAUTH_GOOGLE_CLIENT_ID, CK_OAUTH_GOOGLE_CLIENT_SECRET, CK_OAUTH_GOOGLE_SCOPE,
	  CK_OAUTH_GOOGLE_REDIRECT_URI, "https://accounts.google.com/.well-known/openid-configuration",
	  NULL, NULL, NULL, "sub" },
	{ "microsoft", CK_OAUTH_MICROSOFT_CLIENT_ID, CK_OAUTH_MICROSOFT_CLIENT_SECRET,
	  CK_OAUTH_MICROSOFT_SCOPE, CK_OAUTH_MICROSOFT_REDIRECT_URI, NULL, NULL, NULL, NULL, "sub" },
	{ "github", CK_OAUTH_GITHUB_CLIENT_ID, CK_OAUTH_GITHUB_CLIENT_SECRET, CK_OAUTH_GITHUB_SCOPE,
	  CK_OAUTH_GITHUB_REDIRECT_URI, NULL, "https://github.com/login/oauth/authorize",
	  "https://github.com/login/oauth/access_token", "https://api.github.com/user", "id" },
	{ "oidc", CK_OAUTH_CLIENT_ID, CK_OAUTH_CLIENT_SECRET, CK_OAUTH_SCOPES, CK_OAUTH_REDIRECT_URI,
	  NULL, NULL, NULL, NULL, "sub" },
	{ "feishu", CK_OAUTH_FEISHU_CLIENT_ID, CK_OAUTH_FEISHU_CLIENT_SECRET, CK_OAUTH_FEISHU_SCOPE,
	  CK_OAUTH_FEISHU_REDIRECT_URI, NULL, "https://accounts.feishu.cn/open-apis/authen/v1/authorize",
	  "https://open.feishu.cn/open-apis/authen/v2/oauth/token",
	  "https://open.feishu.cn/open-apis/authen/v1/user_info", "user_id" },
};

const char *const oauth_provider_names[] = { "google", "microsoft", "github", "oidc", "feishu", NULL };

int64_t oauth_timeout_ms(const struct config *c, enum config_key key)
{
	struct json_object *v;
	struct arena *a = arena_new();
	int64_t s = 0;

	v = config_tree(a, c, key);
	if (v && !text_to_i64(json_object_get_string(v), 1, TIMEOUT_MAX_S, &s))
		s = 0;
	arena_free(a);
	return s ? s * 1000 : TIMEOUT_MS;
}

/* A variable that holds a JSON object of further parameters. */
static struct json_object *params_of(struct arena *a, const char *variable)
{
	const char *text = env_str(variable, "");
	struct json_object *o = *text ? json_parse_text(a, text) : NULL;

	if (*text && !json_is(o, json_type_object)) {
		log_warn("oauth_setting", "name=%s why=\"not a JSON object\"", variable);
		return NULL;
	}
	return o;
}

static bool set_oidc(const struct config *c, struct oauth_provider *p)
{
	const char *method = config_text(c, CK_OAUTH_TOKEN_ENDPOINT_AUTH_METHOD);

	p->metadata_url = config_text(c, CK_OAUTH_PROVIDER_URL);
	if (*method)
		p->token_auth = method;
	return *p->metadata_url && (*p->client_secret || p->pkce);
}

static bool set_microsoft(struct arena *a, const struct config *c, struct oauth_provider *p)
{
	const char *tenant = config_text(c, CK_OAUTH_MICROSOFT_TENANT_ID);

	p->metadata_url = arena_printf(a, "%s/%s/v2.0/.well-known/openid-configuration?appid=%s",
				       config_text(c, CK_OAUTH_MICROSOFT_LOGIN_BASE_URL), tenant,
				       p->client_id);
	p->picture_url = config_text(c, CK_OAUTH_MICROSOFT_PICTURE_URL);
	return *tenant && *p->client_secret;
}

bool oauth_provider(struct arena *a, const struct config *c, const char *name,
		    struct oauth_provider *out)
{
	const struct known *k = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (text_eq(known[i].name, name))
			k = &known[i];
	if (!k || !config_bool(c, CK_OAUTH_ENABLE) || !*config_text(c, k->id))
		return false;
	*out = (struct oauth_provider){
		.name = k->name,
		.client_id = config_text(c, k->id),
		.client_secret = config_text(c, k->secret),
		.metadata_url = k->metadata_url,
		.authorize_url = k->authorize_url,
		.token_url = k->token_url,
		.userinfo_url = k->userinfo_url,
		.scope = config_text(c, k->scope),
		.redirect_uri = config_text(c, k->redirect_uri),
		.sub_claim = k->sub_claim,
		.picture_url = "",
		.pkce = text_eq(config_text(c, CK_OAUTH_CODE_CHALLENGE_METHOD), "S256") &&
			k->id != CK_OAUTH_FEISHU_CLIENT_ID,
		.timeout_ms = oauth_timeout_ms(c, CK_OAUTH_TIMEOUT),
	};
	out->token_auth = *out->client_secret ? "client_secret_basic" : "none";
	if (k->id == CK_OAUTH_GOOGLE_CLIENT_ID)
		out->authorize_params = params_of(a, "GOOGLE_OAUTH_AUTHORIZE_PARAMS");
	if (k->id == CK_OAUTH_CLIENT_ID)
		return set_oidc(c, out);
	if (k->id == CK_OAUTH_MICROSOFT_CLIENT_ID)
		return set_microsoft(a, c, out);
	return *out->client_secret;
}
