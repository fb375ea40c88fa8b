#include "fcgi/guard.h"

#include "access/access.h"
#include "auth/digest.h"
#include "auth/ratelimit.h"
#include "base/env.h"
#include "fcgi/response.h"

#define KEY_PERMISSION "features.api_keys"

const char *guard_credential(struct req *r)
{
	const char *auth = req_header(r, "Authorization");
	const char *cookie;

	if (auth) {
		struct str rest = str_trim(str_of(auth)), value;

		str_split(&rest, ' ');
		value = str_trim(rest);
		if (value.n && !memchr(value.p, ' ', value.n))
			return arena_strndup(r->arena, value.p, value.n);
	}
	cookie = req_cookie(r, "token");
	if (!text_empty(cookie))
		return cookie;
	return req_header(r, env_str("CUSTOM_API_KEY_HEADER", "x-api-key"));
}

const char *guard_claimed_id(struct req *r, const char *credential, struct token *t)
{
	if (text_empty(credential) || token_verify(r->arena, credential, t) <= 0 ||
	    !text_eq(t->typ, "session"))
		return NULL;
	return t->id;
}

/* Will it take the groups to say what the account may do? */
static bool groups_matter(const struct req *r)
{
	const char *permission = r->route->permission;

	return (r->route->flags & R_PERMISSIONS) || (permission && !access_default(r->cfg, permission));
}

/* Ask for the account, and in the same round trip for the route's answer or the account's groups. */
static int ask(struct req *r, const char *id, const char *const *params, struct rows **account,
	       struct rows **early)
{
	const char *const who[] = { id };
	enum query q = r->route->account ? r->route->account : Q_AUTH_USER;

	if (params)
		return db_run_two(req_db(r), r->arena, q, who, account, r->route->sql, params, early);
	if (groups_matter(r))
		return db_run_two(req_db(r), r->arena, q, who, account, Q_ACCESS_GROUPS, who, &r->groups);
	return db_run_v(req_db(r), r->arena, account, q, 1, who);
}

/* Is the path one of those that keys may use, or below one? */
static bool key_may_go(const struct req *r)
{
	struct str rest = str_of(config_text(r->cfg, CK_AUTH_API_KEY_ALLOWED_ENDPOINTS));

	if (!config_bool(r->cfg, CK_AUTH_API_KEY_ENDPOINT_RESTRICTIONS))
		return true;
	while (rest.n) {
		struct str one = str_trim(str_split(&rest, ','));

		if (one.n && strncmp(r->path, one.p, one.n) == 0 &&
		    (!r->path[one.n] || r->path[one.n] == '/'))
			return true;
	}
	return false;
}

/* Ask for the account of a key, and in the same round trip for its groups where they may matter. */
static int ask_key(struct req *r, const char *key, struct rows **account)
{
	const char *const which[] = { key };

	if (groups_matter(r) || !access_default(r->cfg, KEY_PERMISSION))
		return db_run_two(req_db(r), r->arena, Q_AUTH_API_KEY, which, account, Q_ACCESS_GROUPS_OF_KEY, which,
				  &r->groups);
	return db_run_v(req_db(r), r->arena, account, Q_AUTH_API_KEY, 1, which);
}

/* An API key stands for its account where keys are allowed at all. */
static bool key_signed_in(struct req *r, const char *key)
{
	struct rows *account;

	if (ask_key(r, key, &account) < 0) {
		req_db_failed(r);
		return false;
	}
	if (!rows_count(account)) {
		req_fail(r, ERR_INVALID_TOKEN);
		return false;
	}
	session_key_user(account, &r->user);
	if (!config_bool(r->cfg, CK_AUTH_ENABLE_API_KEYS) ||
	    (r->route->flags & R_NO_API_KEY) || !req_permitted(r, KEY_PERMISSION) ||
	    !key_may_go(r)) {
		if (!r->status)
			req_fail(r, ERR_API_KEY_NOT_ALLOWED);
		return false;
	}
	if (r->route->account && !req_db_rows(r, &account, r->route->account, 1, &r->user.id))
		return false;
	r->account = account;
	r->has_user = true;
	return true;
}

/* Behind a proxy that names the account, a session of another account is none. */
static bool same_as_header(struct req *r)
{
	const char *name = env_str("WEBUI_AUTH_TRUSTED_EMAIL_HEADER", "");
	const char *email = *name ? req_header(r, name) : NULL;

	return text_empty(email) || strcasecmp(email, r->user.email) == 0;
}

static bool signed_in(struct req *r, const char *const *params, struct rows **early, bool optional)
{
	const char *credential = guard_credential(r), *id;
	struct rows *account;
	struct token t;

	if (!optional && text_starts(credential, "sk-"))
		return key_signed_in(r, credential);
	id = guard_claimed_id(r, credential, &t);
	if (!id) {
		if (!optional)
			req_fail(r, text_empty(credential) ? ERR_NOT_AUTHENTICATED : ERR_INVALID_TOKEN);
		return false;
	}
	if (ask(r, id, params, &account, early) < 0) {
		if (!optional)
			req_db_failed(r);
		return false;
	}
	r->has_user = session_user(account, r->cfg, &t, &r->user) && !session_revoked(r->arena, &t) &&
		      same_as_header(r);
	if (r->has_user)
		r->account = account;
	else if (!optional)
		req_fail(r, ERR_INVALID_TOKEN);
	return r->has_user;
}

static bool role_fits(const struct req *r)
{
	switch (r->route->guard) {
	case USER:
		return user_is_verified(&r->user);
	case ADMIN:
		return r->user.is_admin;
	default:
		return true;
	}
}

static bool feature_on(struct req *r)
{
	const char *v = r->route->feature ? config_row(r->cfg, r->route->feature) : "true";

	return text_eq(v, "true");
}

static bool permitted(struct req *r)
{
	if (!r->route->permission || req_permitted(r, r->route->permission))
		return true;
	if (!r->status)
		req_fail(r, r->route->permission_err ? r->route->permission_err : ERR_UNAUTHORIZED);
	return false;
}

static bool scim_refuse(struct req *r, int status, const char *why)
{
	req_fail_detail(r, status, "%s", why);
	return false;
}

/* An identity provider: `Authorization: Bearer <SCIM_TOKEN>`, and nothing else. */
static bool scim_signed_in(struct req *r)
{
	const char *token = env_str("SCIM_TOKEN", "");
	struct str rest = str_trim(str_of(req_header(r, "Authorization"))), scheme, given;

	if (!rest.n) {
		req_add_header(r, "WWW-Authenticate", "Bearer");
		return scim_refuse(r, 401, "Authorization header required");
	}
	scheme = str_split(&rest, ' ');
	given = str_trim(rest);
	if (!given.n || memchr(given.p, ' ', given.n))
		return scim_refuse(r, 401, "Invalid authorization format. Expected: Bearer <token>");
	if (scheme.n != 6 || strncasecmp(scheme.p, "Bearer", 6) != 0)
		return scim_refuse(r, 401, "Invalid authentication scheme");
	if (!*token || !secret_eq(arena_strndup(r->arena, given.p, given.n), token))
		return scim_refuse(r, 401, "Invalid SCIM token");
	return true;
}

/* With second factors an address may send so many POSTs to the routes of sign-in. */
bool guard_too_often(struct req *r)
{
	static const struct rate_limit limit = { .attempts = 100, .window = 900 };

	if (!(r->route->flags & R_NO_STORE) || strcmp(r->method, "POST") != 0 ||
	    !config_bool(r->cfg, CK_AUTH_MFA_ENABLE))
		return false;
	if (!rate_limited(r->arena, &limit, arena_printf(r->arena, "mfa:ip:%s", text_digest(r->arena, req_client_ip(r)))))
		return false;
	req_add_header(r, "Retry-After", "900");
	req_fail_detail(r, 429, "Too many attempts. Please try again later.");
	return true;
}

bool guard_check(struct req *r, const char *const *params, struct rows **early)
{
	enum guard g = r->route->guard;

	if (g == SCIM)
		return scim_signed_in(r);
	if (g == OPTIONAL)
		signed_in(r, NULL, early, true);
	else if (g != ANON && !signed_in(r, params, early, false))
		return false;
	if (g != OPTIONAL && g != ANON && !role_fits(r)) {
		req_fail(r, ERR_ACCESS_PROHIBITED);
		return false;
	}
	return true;
}

bool guard_allow(struct req *r)
{
	if (!feature_on(r)) {
		req_fail(r, r->route->feature_err ? r->route->feature_err : ERR_FORBIDDEN);
		return false;
	}
	return permitted(r);
}
