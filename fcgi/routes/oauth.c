/* oauth - /oauth: sign-in with identity providers, and what else is said with them. */

#include "auth/ratelimit.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "event/event.h"
#include "fcgi/routes/mfa.h"
#include "fcgi/routes/oauth.h"
#include "fcgi/routes/session.h"
#include "oauth/account.h"
#include "oauth/logout.h"
#include "oauth/state.h"

enum { BROWSER_COOKIE_S = 14 * 86400, LOGOUT_BODY_MAX = 128 * 1024 };

static const char failed[] = "Sign-in with your identity provider failed. Please contact your administrator for assistance.";

const char *oauth_webui_url(struct req *r)
{
	const char *url = config_text(r->cfg, CK_WEBUI_URL);
	size_t n;

	if (!*url)
		url = req_base_url(r);
	n = strlen(url);
	while (n && url[n - 1] == '/')
		n--;
	return arena_strndup(r->arena, url, n);
}

/* The sign-in page of the web UI, and what it is told (NULL: nothing). */
static int to_page(struct req *r, const char *name, const char *value)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_printf(b, "%s/auth", oauth_webui_url(r));
	if (name) {
		buf_printf(b, "?%s=", name);
		buf_uri(b, value);
	}
	return req_send_redirect(r, 307, b->data);
}

static bool provider_of(struct req *r, struct oauth_provider *p)
{
	if (oauth_provider(r->arena, r->cfg, r->params[0], p))
		return true;
	req_fail_detail(r, 404, "Not Found");
	return false;
}

const char *oauth_browser(struct req *r)
{
	const char *known = req_cookie(r, "owui-session");
	const char *browser = oauth_random_valid(known) ? known : oauth_random(r->arena);

	req_set_cookie(r, arena_printf(r->arena, "owui-session=%s; HttpOnly; Max-Age=%d; Path=/; SameSite=%s%s",
				       browser, BROWSER_COOKIE_S,
				       env_str("WEBUI_SESSION_COOKIE_SAME_SITE", "lax"),
				       env_bool("WEBUI_SESSION_COOKIE_SECURE", false) ? "; Secure" : ""));
	return browser;
}

static int login(struct req *r)
{
	struct oauth_provider p;
	const char *where, *why;

	if (!provider_of(r, &p))
		return 0;
	where = oauth_begin(r->arena, r->cfg, &p,
			    arena_printf(r->arena, "%s/oauth/%s/callback", req_base_url(r), p.name),
			    oauth_browser(r), &why);
	if (where)
		return req_send_redirect(r, 302, where);
	log_warn("oauth_login", "provider=%s why=\"%s\"", p.name, why);
	return to_page(r, "error", failed);
}

/* What the sign-in changed. */
static void tell(struct req *r, const struct oauth_login *login)
{
	const struct account *a = &login->who;
	const struct user who = { .id = a->id, .name = a->name, .email = a->email, .role = a->role };
	struct event e = { .actor = &who, .source = "oauth" };

	for (size_t i = 0; i < json_len(login->events); i++) {
		struct json_object *one = json_item(login->events, i);

		e.name = json_text(one, "name", "");
		e.subject_id = json_text(one, "subject", NULL);
		e.data = json_get(one, "data");
		event_publish(r->arena, r->cfg, &e);
	}
}

static void set_cookies(struct req *r, const struct oauth_login *login)
{
	struct token t = { .auth_method = "oauth" };
	const char *token = session_token(r, &login->who, &t);

	session_add_cookie(r, "token", token, t.exp, false);	/* the web UI reads it */
	if (login->session_id)
		session_add_cookie(r, "oauth_session_id", login->session_id, t.exp, true);
	if (login->id_token && env_bool("ENABLE_OAUTH_ID_TOKEN_COOKIE", true))
		session_add_cookie(r, "oauth_id_token", login->id_token, t.exp, true);
}

/* The provider is sure who it is: to the web UI with a session, or with what is missing to one. */
static int signed_in(struct req *r, const struct oauth_login *login, const char *provider)
{
	const struct mfa_way way = { "oauth", login->session_id, provider };
	struct mfa_challenge challenge;

	req_add_header(r, "Cache-Control", "no-store");
	switch (session_next(r, &login->who, &way, &challenge)) {
	case SESSION_PENDING:
		session_delete_cookie(r, "token");
		return to_page(r, "pending", "1");
	case SESSION_CHALLENGE:
		session_delete_cookie(r, "token");
		mfa_set_cookie(r, challenge.token);
		return to_page(r, "mfa", "1");
	case SESSION_FAILED:
		return 0;
	default:
		set_cookies(r, login);
		return to_page(r, NULL, NULL);
	}
}

const struct field oauth_callback_query[] = {
	{ "code", T_STR | T_NULL }, { "state", T_STR | T_NULL }, { "error", T_STR | T_NULL },
	{ "error_description", T_STR | T_NULL }, SCHEMA_END
};

static int callback(struct req *r)
{
	const struct oauth_return back = { .code = req_query(r, "code"), .state = req_query(r, "state"),
					   .error = req_query(r, "error"),
					   .error_description = req_query(r, "error_description"),
					   .browser = req_cookie(r, "owui-session") };
	struct oauth_answer answer = { 0 };
	struct oauth_login login;
	struct oauth_provider p;
	struct oauth_fault fault;
	const char *why;

	if (!provider_of(r, &p))
		return 0;
	if (!oauth_finish(r->arena, r->cfg, &p, &back, &answer, &why)) {
		log_warn("oauth_callback", "provider=%s why=\"%s\"", p.name, why);
		return to_page(r, "error", failed);
	}
	fault = oauth_sign_in(r->arena, r->cfg, &p, &answer, &login);
	if (fault.text)
		return to_page(r, "error", fault.text);
	tell(r, &login);
	return signed_in(r, &login, p.name);
}

static int logout_error(struct req *r, const char *text)
{
	struct json_object *o = json_new_object(r->arena);
	const char *json;

	json_set_text(o, "error", "invalid_request");
	json_set_text(o, "error_description", text);
	json = json_print(o);
	return req_send_json(r, 400, json, strlen(json));
}

static int backchannel_logout(struct req *r)
{
	char *body = arena_alloc(r->arena, LOGOUT_BODY_MAX + 1);
	const char *fault;
	size_t n = 0;
	ssize_t got;
	bool down;

	if (!env_bool("ENABLE_OAUTH_BACKCHANNEL_LOGOUT", false))
		return req_fail_detail(r, 404, "Not Found");
	while (n < LOGOUT_BODY_MAX && (got = req_body_read(r, body + n, LOGOUT_BODY_MAX - n)) > 0)
		n += (size_t)got;
	fault = oauth_backchannel_logout(r->arena, r->cfg, (struct str){ body, n }, &down);
	if (down)
		return req_fail(r, ERR_UNAVAILABLE);
	if (fault) {
		log_warn("oauth_logout", "why=\"%s\"", fault);
		return logout_error(r, fault);
	}
	req_add_header(r, "Cache-Control", "no-store");
	return req_send_text(r, "{}");
}

static const struct field exchange_form[] = { { "token", T_STR, F_REQUIRED }, SCHEMA_END };

/* OAUTH_TOKEN_EXCHANGE_RATE_LIMIT attempts of an address; without it any number. */
static bool too_often(struct req *r)
{
	int64_t attempts, window = env_int("OAUTH_TOKEN_EXCHANGE_RATE_LIMIT_WINDOW", 180, 1, 900);
	struct rate_limit limit = { .window = (window + 59) / 60 * 60 };

	if (!text_to_i64(env_str("OAUTH_TOKEN_EXCHANGE_RATE_LIMIT", ""), 0, INT32_MAX, &attempts))
		return false;
	limit.attempts = attempts;
	return rate_limited(r->arena, &limit, arena_printf(r->arena, "token_exchange:%s", req_client_ip(r)));
}

static int exchange(struct req *r)
{
	const char *name = arena_lower(r->arena, r->params[0]);
	struct oauth_provider p;
	struct oauth_fault fault;
	struct oauth_login login;

	if (!env_bool("ENABLE_OAUTH_TOKEN_EXCHANGE", false))
		return req_fail_detail(r, 403, "Token exchange is disabled");
	if (too_often(r))
		return req_fail(r, ERR_RATE_LIMIT);
	if (!oauth_provider(r->arena, r->cfg, name, &p))
		return req_fail_detail(r, 404, "Provider '%s' is not configured", name);
	fault = oauth_exchange(r->arena, r->cfg, &p, json_text(r->body, "token", ""), &login);
	if (fault.text)
		return req_fail_detail(r, fault.status, "%s", fault.text);
	tell(r, &login);
	return session_send_plain(r, &login.who, "oauth");
}

static int session_delete(struct req *r)
{
	struct json_object *data = json_new_object(r->arena);
	struct rows *rows;

	if (!req_db_run(r, &rows, Q_OAUTH_SESSION_DISCONNECT, r->user.id, r->params[0]))
		return 0;
	if (!rows_affected(rows))
		return req_fail_detail(r, 404, "No OAuth session found for this provider");
	json_set_text(data, "provider", r->params[0]);
	req_event(r, "auth.oauth_session.deleted", r->user.id, data);
	return req_send_true(r);
}

const struct route oauth_routes[] = {
	{ "GET", "/oauth/{provider}/login", ANON, login, .flags = R_STREAM },
	{ "GET", "/oauth/{provider}/login/callback", ANON, callback, .query = oauth_callback_query,
	  .flags = R_STREAM },
	{ "GET", "/oauth/{provider}/callback", ANON, callback, .query = oauth_callback_query,
	  .flags = R_STREAM },
	{ "POST", "/oauth/backchannel-logout", ANON, backchannel_logout, .flags = R_STREAM | R_RAW_BODY },
	{ "POST", "/api/v1/auths/oauth/{provider}/token/exchange", ANON, exchange, exchange_form,
	  .flags = R_NO_STORE | R_STREAM },
	{ "DELETE", "/api/v1/auths/oauth/sessions/{provider:path}", USER, session_delete,
	  .flags = R_NO_STORE },
	ROUTES_END
};
