#include "oauth/logout.h"

#include "auth/revoked.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/redis.h"
#include "db/db.h"
#include "http/form.h"
#include "oauth/discovery.h"
#include "oauth/identity.h"
#include "oauth/idtoken.h"
#include "oauth/session.h"
#include "oauth/signin.h"
#include "realtime/publish.h"

/* Anybody may post a token: keys that it does not know are not fetched anew for each. */
enum { KEYS_AGE_MS = 30000, REPLAY_SECONDS = 900 };

/* The provider that issued it, and its discovery document. */
static struct json_object *issuer_of(struct arena *a, const struct config *c, const char *issuer,
				     struct oauth_provider *p)
{
	for (const char *const *name = oauth_provider_names; *name; name++) {
		struct json_object *endpoints;

		if (!oauth_provider(a, c, *name, p) || !p->metadata_url)
			continue;
		endpoints = oauth_endpoints(a, p);
		if (text_eq(json_text(endpoints, "issuer", NULL), issuer))
			return endpoints;
	}
	return NULL;
}

static enum jws_result check_signature(struct arena *a, const struct oauth_provider *p, const char *url,
				       const struct jws *t)
{
	struct json_object *keys = discovery_keys(a, url, DOCUMENT_AGE_MS, p->timeout_ms);
	enum jws_result rc = keys ? jws_check(a, t, keys) : JWS_NO_KEY;

	if (rc == JWS_GOOD)
		return rc;
	keys = discovery_keys(a, url, KEYS_AGE_MS, p->timeout_ms);
	return keys ? jws_check(a, t, keys) : JWS_NO_KEY;
}

/* Each logout token is good once.  Without Redis that cannot be known: then it is taken. */
static bool seen_before(struct arena *a, const char *provider, const char *jti)
{
	struct redis_reply *reply;

	return jti && redis_run(a, &reply, "SET", redis_key(a, "oauth:logout:%s:%.200s", provider, jti), "1",
				"NX", "EX", arena_printf(a, "%d", REPLAY_SECONDS)) == 0;
}

static bool end_sessions(struct arena *a, const struct config *c, const char *provider,
			 const char *sub)
{
	int64_t life = duration_parse(config_text(c, CK_AUTH_JWT_EXPIRY));
	struct rows *rows;

	if (db_run_alone(a, &rows, NULL, Q_OAUTH_LOGOUT, provider, sub) < 0)
		return false;
	for (size_t i = 0; i < rows_count(rows); i++) {
		const char *user = rows_text(rows, i, 0);

		revoked_add_user(a, user, life > 0 ? life : 0);
		publish_disconnect(a, arena_printf(a, "user:%s", user));
		log_info("oauth_logout", "provider=%s user=%s", provider, user);
	}
	return true;
}

/* Whose session a provider's session id is, as remembered at the sign-in. */
static const char *sub_of_sid(struct arena *a, const char *provider, const char *sid)
{
	struct redis_reply *reply;

	if (!sid || redis_run(a, &reply, "GET", redis_key(a, "oauth:sid:%s:%.200s", provider, sid)) <= 0)
		return NULL;
	return reply_text(reply);
}

const char *oauth_backchannel_logout(struct arena *a, const struct config *c,
				     struct str form, bool *failed)
{
	const char *logout_token = form_value(a, form, "logout_token");
	struct id_expect want = { .now = time_s() };
	struct json_object *endpoints;
	struct oauth_provider p;
	const char *url, *fault, *sub;
	struct jws t;

	*failed = false;
	if (text_empty(logout_token))
		return "Missing logout_token parameter";
	if (!jws_read(a, logout_token, &t))
		return "Malformed logout_token";
	want.issuer = json_text(t.claims, "iss", NULL);
	if (!want.issuer)
		return "logout_token missing iss claim";
	endpoints = issuer_of(a, c, want.issuer, &p);
	url = json_text(endpoints, "jwks_uri", NULL);
	if (!url)
		return "No configured provider matches token issuer";
	if (check_signature(a, &p, url, &t) != JWS_GOOD)
		return "Invalid logout_token: the signature is not the provider's";
	want.client_id = p.client_id;
	fault = logout_token_fault(&t, &want);
	if (fault)
		return arena_printf(a, "Invalid logout_token: the claim \"%s\" is not acceptable", fault);
	if (seen_before(a, p.name, json_text(t.claims, "jti", NULL)))
		return "Invalid logout_token: it was used before";
	sub = claim_text(t.claims, "sub");
	if (!sub)
		sub = sub_of_sid(a, p.name, claim_text(t.claims, "sid"));
	if (sub)
		*failed = !end_sessions(a, c, p.name, sub);
	return NULL;
}

int oauth_logout_url(struct arena *a, const struct config *c, const char *id,
		     const char *return_to, const char **url)
{
	const char *fixed = config_text(c, CK_OAUTH_END_SESSION_ENDPOINT), *from;
	struct json_object *endpoints;
	struct oauth_provider p;
	struct oauth_session s;
	struct buf *form = buf_in(a, 0);

	*url = *fixed ? fixed : NULL;
	if (*url)
		return 1;
	if (oauth_session_get(a, id, NULL, &s) <= 0)
		return 0;
	from = oauth_provider(a, c, s.provider, &p) && p.metadata_url ? p.metadata_url :
									 config_text(c, CK_OAUTH_PROVIDER_URL);
	if (!*from)
		return 0;
	endpoints = discovery_metadata(a, from, oauth_timeout_ms(c, CK_OAUTH_TIMEOUT));
	if (!endpoints)
		return -1;
	from = json_text(endpoints, "end_session_endpoint", NULL);
	if (!from)
		return 0;
	form_add(form, "id_token_hint", json_text(s.token, "id_token", NULL));
	if (!text_empty(return_to))
		form_add(form, "post_logout_redirect_uri", return_to);
	*url = form->len ? url_with_query(a, from, form) : from;
	return 1;
}
