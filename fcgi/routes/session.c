#include "fcgi/routes/session.h"

#include "access/access.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "event/event.h"

/* Where the setting is no duration: its default. */
enum { LIFETIME_S = 4 * 7 * 86400 };

static const char *http_date(struct arena *a, int64_t when)
{
	char text[64];
	time_t t = (time_t)when;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return arena_strdup(a, text);
}

static const char *same_site(void)
{
	return env_str("WEBUI_AUTH_COOKIE_SAME_SITE", env_str("WEBUI_SESSION_COOKIE_SAME_SITE", "lax"));
}

static bool secure(void)
{
	return env_bool("WEBUI_AUTH_COOKIE_SECURE", env_bool("WEBUI_SESSION_COOKIE_SECURE", false));
}

void session_set_cookie(struct req *r, const char *token, int64_t expires, bool both)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_adds(b, "token=");
	buf_adds(b, token);
	buf_adds(b, "; ");
	if (expires && both)
		buf_printf(b, "expires=%s; ", http_date(r->arena, expires));
	buf_adds(b, "HttpOnly; ");
	if (expires)
		buf_printf(b, "Max-Age=%" PRId64 "; ", expires - time_s());
	buf_printf(b, "Path=/; SameSite=%s%s", same_site(), secure() ? "; Secure" : "");
	req_set_cookie(r, b->data);
}

void session_add_cookie(struct req *r, const char *name, const char *value, int64_t expires, bool hidden)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_printf(b, "%s=%s; ", name, value);
	if (hidden)
		buf_adds(b, "HttpOnly; ");
	if (expires)
		buf_printf(b, "Max-Age=%" PRId64 "; ", expires - time_s());
	buf_printf(b, "Path=/; SameSite=%s%s", same_site(), secure() ? "; Secure" : "");
	req_set_cookie(r, b->data);
}

void session_add_cookie_at(struct req *r, const char *name, const char *value, const char *path, int seconds)
{
	req_set_cookie(r, arena_printf(r->arena, "%s=%s; HttpOnly; Max-Age=%d; Path=%s; SameSite=%s%s", name, value,
				       seconds, path, same_site(), secure() ? "; Secure" : ""));
}

void session_delete_cookie_at(struct req *r, const char *name, const char *path)
{
	req_set_cookie(r, arena_printf(r->arena, "%s=\"\"; expires=%s; Max-Age=0; Path=%s; SameSite=lax", name,
				       http_date(r->arena, time_s()), path));
}

void session_delete_cookie(struct req *r, const char *name)
{
	session_delete_cookie_at(r, name, "/");
}

int64_t session_lifetime(struct req *r)
{
	int64_t life = duration_parse(config_text(r->cfg, CK_AUTH_JWT_EXPIRY));

	if (life >= 0)
		return life;
	log_warn("jwt_expiry", "value=\"%s\" instead=4w", config_text(r->cfg, CK_AUTH_JWT_EXPIRY));
	return LIFETIME_S;
}

struct event *session_event(struct req *r, const struct account *who, const char *name, const char *source)
{
	struct event *e = req_event(r, name, who->id, json_new_object(r->arena));
	struct user *actor = arena_alloc(r->arena, sizeof(*actor));

	*actor = (struct user){ .id = who->id, .name = who->name, .email = who->email, .role = who->role };
	e->actor = actor;
	e->source = source;
	return e;
}

void session_tell_created(struct req *r, const struct account *who, const char *source)
{
	json_set_text(session_event(r, who, "user.created", source)->data, "role", who->role);
}

static void tell_login(struct req *r, const struct account *who, const char *method)
{
	json_set_text(session_event(r, who, "auth.login", method)->data, "auth_method", method);
}

char *session_token(struct req *r, const struct account *who, struct token *t)
{
	char *text;

	t->id = who->id;
	t->session_stamp = who->stamp;
	if (!t->auth_time)
		t->auth_time = time_s();
	text = token_issue(r->arena, t, session_lifetime(r));
	tell_login(r, who, t->auth_method);
	return text;
}

static int answer(struct req *r, const struct account *who, const char *token, int64_t expires, const char *codes)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_printf(b, "{\"token\":\"%s\",\"token_type\":\"Bearer\",\"expires_at\":", token);
	if (expires)
		buf_addint(b, expires);
	else
		buf_adds(b, "null");
	buf_adds(b, ",\"id\":");
	buf_json(b, who->id);
	buf_adds(b, ",\"email\":");
	buf_json(b, who->email);
	buf_adds(b, ",\"name\":");
	buf_json(b, who->name);
	buf_adds(b, ",\"role\":");
	buf_json(b, who->role);
	buf_printf(b, ",\"profile_image_url\":\"/api/v1/users/%s/profile/image\",\"permissions\":%s",
		   who->id, access_tree_of(r->arena, r->cfg, who->groups));
	if (codes)
		buf_printf(b, ",\"recovery_codes\":%s", codes);
	buf_addc(b, '}');
	return req_send_json(r, 200, b->data, b->len);
}

int session_fail(struct req *r, const struct mfa_fault *f)
{
	if (f->retry_after)
		req_add_header(r, "Retry-After", arena_i64(r->arena, f->retry_after));
	return req_fail_detail(r, f->status, "%s", f->text);
}

int session_send_challenge(struct req *r, const struct mfa_challenge *c)
{
	struct json_object *o = json_new_object(r->arena);

	json_set_text(o, "next_step", c->next_step);
	json_set_text(o, "challenge_token", c->token);
	json_set_i64(o, "expires_in", c->expires_in);
	return req_send_obj(r, o);
}

bool session_try(struct req *r, const char *email)
{
	struct account who;
	struct mfa_fault f;
	int rc;

	if (!config_bool(r->cfg, CK_AUTH_MFA_ENABLE))
		return true;
	rc = account_by_email(r->arena, req_db(r), email, &who);
	if (rc < 0)
		req_db_failed(r);
	if (rc <= 0)
		return rc == 0;
	f = mfa_count_password(r->arena, req_db(r), who.id);
	if (f.status == 429)
		log_warn("mfa", "event=auth.mfa.throttled user=%s", who.id);
	if (f.status)
		session_fail(r, &f);
	return !f.status;
}

enum session_next session_next(struct req *r, const struct account *who, const struct mfa_way *way,
			       struct mfa_challenge *challenge)
{
	struct mfa_fault f;

	if (config_bool(r->cfg, CK_AUTH_MFA_ENABLE) && !text_eq(who->role, "admin") && !text_eq(who->role, "user"))
		return SESSION_PENDING;
	if (!session_needs_factor(r->cfg, way->method))
		return SESSION_NOW;
	f = mfa_begin(r->arena, req_db(r), who, way, challenge);
	if (!f.status)
		return SESSION_CHALLENGE;
	session_fail(r, &f);
	return SESSION_FAILED;
}

static int send_next(struct req *r, const struct account *who, const char *method, bool cookie)
{
	const struct mfa_way way = { .method = method };
	struct token t = { .auth_method = method };
	struct mfa_challenge challenge;
	const char *token;

	switch (session_next(r, who, &way, &challenge)) {
	case SESSION_PENDING:
		return req_send_text(r, "{\"next_step\":\"pending\"}");
	case SESSION_CHALLENGE:
		return session_send_challenge(r, &challenge);
	case SESSION_FAILED:
		return 0;
	default:
		break;
	}
	token = session_token(r, who, &t);
	if (cookie)
		session_set_cookie(r, token, t.exp, false);
	return answer(r, who, token, t.exp, NULL);
}

int session_send(struct req *r, const struct account *who, const char *method)
{
	return send_next(r, who, method, true);
}

int session_send_plain(struct req *r, const struct account *who, const char *method)
{
	return send_next(r, who, method, false);
}

int session_send_verified(struct req *r, const struct mfa_step *step)
{
	struct token t = { .auth_method = step->method, .auth_time = step->auth_time, .mfa_verified = true };
	const char *token = session_token(r, &step->who, &t);

	session_set_cookie(r, token, t.exp, false);
	if (step->oauth_session_id)
		session_add_cookie(r, "oauth_session_id", step->oauth_session_id, t.exp, true);
	return answer(r, &step->who, token, t.exp, step->codes);
}

bool body_has_nul(struct req *r, const char *name)
{
	struct json_object *o = json_get(r->body, name);

	return json_is(o, json_type_string) &&
	       (size_t)json_object_get_string_len(o) != strlen(json_object_get_string(o));
}

bool password_fits(struct req *r, const char *password, const char *name)
{
	if (body_has_nul(r, name)) {
		req_fail_detail(r, 400, "A password cannot contain a NUL character.");
		return false;
	}
	switch (password_check(password)) {
	case PASSWORD_TOO_LONG:
		req_fail(r, ERR_PASSWORD_TOO_LONG);
		return false;
	case PASSWORD_TOO_WEAK:
		req_fail_detail(r, 400, "%s", env_str("PASSWORD_VALIDATION_HINT",
						      "The password does not meet the required complexity."));
		return false;
	default:
		return true;
	}
}

bool session_account(struct req *r, const char *email, const char *name, const char *password,
		     const char *method, struct account *who)
{
	struct account_form form = {
		.name = name, .email = email, .password = password, .image = "/user.png",
		.role = config_text(r->cfg, CK_UI_DEFAULT_USER_ROLE),
		.group = config_text(r->cfg, CK_UI_DEFAULT_GROUP_ID),
	};
	int rc = account_by_email(r->arena, req_db(r), email, who);

	if (!rc) {
		rc = account_create(r->arena, req_db(r), &form, who);
		if (rc > 0)
			session_tell_created(r, who, method);
		if (!rc)	/* somebody was quicker */
			rc = account_by_email(r->arena, req_db(r), email, who);
		else if (rc > 0 && who->first)
			rc = config_store_one(req_db(r), r->arena, CK_UI_ENABLE_SIGNUP,
					      json_own(r->arena, json_object_new_boolean(false)));
	}
	if (rc < 0)
		req_db_failed(r);
	else if (!rc)
		req_fail(r, ERR_INVALID_CRED);
	return rc > 0;
}
