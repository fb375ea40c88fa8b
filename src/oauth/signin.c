#include "oauth/signin.h"

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "http/client.h"
#include "http/form.h"
#include "oauth/discovery.h"
#include "oauth/idtoken.h"
#include "oauth/state.h"

static const char unreachable[] = "the identity provider cannot be reached";

struct json_object *oauth_endpoints(struct arena *a, const struct oauth_provider *p)
{
	return p->metadata_url ? discovery_metadata(a, p->metadata_url, p->timeout_ms) : json_new_object(a);
}

struct oauth_client oauth_client_of(const struct oauth_provider *p, struct json_object *endpoints)
{
	return (struct oauth_client){
		.id = p->client_id,
		.secret = p->client_secret,
		.auth = p->token_auth,
		.token_url = p->token_url ? p->token_url : json_text(endpoints, "token_endpoint", NULL),
		.timeout_ms = p->timeout_ms,
	};
}

static void add_object(struct buf *form, struct json_object *params)
{
	if (!params)
		return;
	json_object_object_foreach(params, name, value)
		form_add(form, name, json_object_get_string(value));
}

const char *oauth_challenge(struct arena *a, const char *verifier)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;

	EVP_Digest(verifier, strlen(verifier), sum, &n, EVP_sha256(), NULL);
	base64url_encode(b, sum, n);
	return b->data;
}

static bool has_word(const char *list, const char *word)
{
	struct str rest = str_of(list);

	while (rest.n)
		if (str_eq(str_split(&rest, ' '), word))
			return true;
	return false;
}

/* OAUTH_AUTHORIZE_PARAMS, with a word in the log when it is no object. */
static struct json_object *more_params(struct arena *a)
{
	const char *text = env_str("OAUTH_AUTHORIZE_PARAMS", "");
	struct json_object *o = *text ? json_parse_text(a, text) : NULL;

	if (*text && !json_is(o, json_type_object))
		log_warn("oauth_setting", "name=OAUTH_AUTHORIZE_PARAMS why=\"not a JSON object\"");
	return json_is(o, json_type_object) ? o : NULL;
}

const char *oauth_begin(struct arena *a, const struct config *c, const struct oauth_provider *p,
			const char *callback, const char *browser, const char **why)
{
	struct json_object *endpoints = oauth_endpoints(a, p);
	const char *url = p->authorize_url ? p->authorize_url :
					     json_text(endpoints, "authorization_endpoint", NULL);
	struct oauth_state s = { .provider = p->name, .redirect_uri = *p->redirect_uri ? p->redirect_uri : callback };
	struct buf *form = buf_in(a, 0);
	const char *state;

	*why = unreachable;
	if (!url)
		return NULL;
	if (has_word(p->scope, "openid"))
		s.nonce = oauth_random(a);
	if (p->pkce)
		s.verifier = oauth_random(a);
	state = oauth_state_save(a, &s, browser);
	if (!state) {
		*why = "the state of the sign-in cannot be kept";
		return NULL;
	}
	form_add(form, "response_type", "code");
	form_add(form, "client_id", p->client_id);
	form_add(form, "redirect_uri", s.redirect_uri);
	form_add(form, "scope", p->scope);
	form_add(form, "state", state);
	form_add(form, "nonce", s.nonce);
	if (s.verifier) {
		form_add(form, "code_challenge", oauth_challenge(a, s.verifier));
		form_add(form, "code_challenge_method", "S256");
	}
	if (*config_text(c, CK_OAUTH_AUDIENCE))
		form_add(form, "audience", config_text(c, CK_OAUTH_AUDIENCE));
	add_object(form, more_params(a));
	add_object(form, p->authorize_params);
	return url_with_query(a, url, form);
}

/* The claims of a good ID token, NULL: *why.  When the key is not known, or the signature does not fit
 * it, the keys may have been changed: they are fetched anew once. */
static struct json_object *id_claims(struct arena *a, const struct oauth_provider *p,
				     struct json_object *endpoints, struct json_object *token,
				     const char *nonce, const char **why)
{
	const char *url = json_text(endpoints, "jwks_uri", NULL), *fault;
	struct id_expect want = { .issuer = json_text(endpoints, "issuer", NULL),
				  .client_id = p->client_id, .nonce = nonce,
				  .access_token = json_text(token, "access_token", NULL), .now = time_s() };
	struct json_object *keys;
	struct jws t;

	*why = "the ID token is malformed";
	if (!jws_read(a, json_text(token, "id_token", ""), &t))
		return NULL;
	*why = "the provider's keys cannot be had";
	keys = url ? discovery_keys(a, url, DOCUMENT_AGE_MS, p->timeout_ms) : NULL;
	if (keys && jws_check(a, &t, keys) != JWS_GOOD) {
		keys = discovery_keys(a, url, 0, p->timeout_ms);
		if (keys && jws_check(a, &t, keys) != JWS_GOOD) {
			*why = "the ID token's signature is not the provider's";
			return NULL;
		}
	}
	if (!keys)
		return NULL;
	fault = id_token_fault(a, &t, &want);
	if (fault) {
		*why = arena_printf(a, "the ID token's claim \"%s\" is not acceptable", fault);
		return NULL;
	}
	return t.claims;
}

struct json_object *oauth_userinfo(struct arena *a, const struct oauth_provider *p, const char *url,
				   const char *access_token, const char **why)
{
	const char *headers[] = { "Accept: application/json",
				  arena_printf(a, "Authorization: Bearer %s", access_token),
				  "User-Agent: open-webui-c", NULL };
	struct http_request req = { .method = "GET", .url = url, .headers = headers,
				    .timeout_ms = p->timeout_ms, .cancel_fd = -1,
				    .max_body = TOKEN_ANSWER_MAX_BYTES };
	struct json_object *o = NULL;
	struct http_answer ans;

	*why = "the user's info cannot be had";
	if (!url || strpbrk(access_token, "\r\n"))
		return NULL;
	if (http_run(a, &req, &ans) && ans.status / 100 == 2)
		o = json_parse(a, buf_text(ans.body), ans.body->len, NULL);
	if (json_is(json_get(o, "data"), json_type_object) && text_eq(p->name, "feishu"))
		o = json_get(o, "data");
	if (json_is(o, json_type_object))
		return o;
	log_warn("oauth_userinfo", "provider=%s status=%d error=\"%s\"", p->name, ans.status,
		 ans.error ? ans.error : "no JSON object");
	return NULL;
}

/* What the user info lacks is taken from the ID token; they must be about the same account. */
static struct json_object *merge_claims(struct json_object *info, struct json_object *id, const char **why)
{
	const char *sub = json_text(info, "sub", NULL);

	if (!id)
		return info;
	if (sub && !text_eq(sub, json_object_get_string(json_get(id, "sub")))) {
		*why = "user info and ID token are about different accounts";
		return NULL;
	}
	json_object_object_foreach(id, name, value) {
		if (!json_has(info, name))
			json_set(info, name, json_ref(value));
	}
	return info;
}

static bool gather_claims(struct arena *a, const struct config *c, const struct oauth_provider *p,
			  struct json_object *id, struct oauth_answer *out, const char **why)
{
	struct json_object *info;

	out->claims = id;
	if (id && json_has(id, config_text(c, CK_OAUTH_EMAIL_CLAIM)) &&
	    json_has(id, config_text(c, CK_OAUTH_USERNAME_CLAIM)))
		return true;
	if (!out->userinfo_url && id)
		return true;
	info = oauth_userinfo(a, p, out->userinfo_url, json_text(out->token, "access_token", ""), why);
	out->claims = info ? merge_claims(info, id, why) : NULL;
	return out->claims;
}

/* The code for tokens. */
static struct json_object *redeem(struct arena *a, const struct oauth_provider *p,
				  struct json_object *endpoints, const struct oauth_state *s,
				  const char *code, const char **why)
{
	struct oauth_client client = oauth_client_of(p, endpoints);
	struct buf *form = buf_in(a, 0);
	bool refused;

	*why = unreachable;
	if (!client.token_url)
		return NULL;
	form_add(form, "grant_type", "authorization_code");
	form_add(form, "code", code);
	form_add(form, "redirect_uri", s->redirect_uri);
	form_add(form, "code_verifier", s->verifier);
	return oauth_token_request(a, &client, form, why, &refused);
}

/* Is this the return of a sign-in that began here? */
static bool state_fits(struct arena *a, const struct oauth_provider *p, const struct oauth_return *back,
		       struct oauth_state *s, const char **why)
{
	int rc;

	if (back->error) {
		*why = arena_printf(a, "%.80s %.200s", back->error,
				    back->error_description ? back->error_description : "");
		return false;
	}
	rc = oauth_state_take(a, back->state, p->name, back->browser, s);
	*why = rc < 0 ? "the state of the sign-in cannot be read" : "the state is unknown or was used before";
	return rc > 0 && !text_empty(back->code);
}

bool oauth_finish(struct arena *a, const struct config *c, const struct oauth_provider *p,
		  const struct oauth_return *back, struct oauth_answer *out, const char **why)
{
	struct json_object *endpoints, *id = NULL;
	struct oauth_state s;

	if (!state_fits(a, p, back, &s, why))
		return false;
	endpoints = oauth_endpoints(a, p);
	out->token = redeem(a, p, endpoints, &s, back->code, why);
	if (!out->token)
		return false;
	if (s.nonce && json_text(out->token, "id_token", NULL)) {
		id = id_claims(a, p, endpoints, out->token, s.nonce, why);
		if (!id)
			return false;
		json_set(out->token, "userinfo", json_ref(id));
	}
	out->userinfo_url = p->userinfo_url ? p->userinfo_url :
					      json_text(endpoints, "userinfo_endpoint", NULL);
	return gather_claims(a, c, p, id, out, why);
}
