/* auths - /api/v1/auths: sign-up, sign-in, sign-out, the session and one's own account. */

#include "access/access.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/rand.h"
#include "event/event.h"
#include "fcgi/guard.h"
#include "fcgi/routes/session.h"
#include "oauth/logout.h"
#include "realtime/publish.h"

/* Columns of Q_AUTH_SESSION behind those of Q_AUTH_USER. */
enum { S_BIO = SESSION_COLUMNS, S_GENDER, S_BIRTH, S_EMOJI, S_MESSAGE, S_EXPIRES, S_GROUPS };

static void add_member(struct buf *b, const char *name, const char *value)
{
	buf_adds(b, ",\"");
	buf_adds(b, name);
	buf_adds(b, "\":");
	buf_json(b, value);
}

static int session_get(struct req *r)
{
	const char *token = guard_credential(r), *until = rows_text(r->account, 0, S_EXPIRES);
	int64_t exp = r->user.token.exp;
	struct buf *b = buf_in(r->arena, 0);

	session_set_cookie(r, token, exp, true);
	buf_adds(b, "{\"token\":\"");
	buf_adds(b, token);
	buf_adds(b, "\",\"token_type\":\"Bearer\"");
	add_member(b, "id", r->user.id);
	add_member(b, "email", r->user.email);
	add_member(b, "name", r->user.name);
	add_member(b, "role", r->user.role);
	add_member(b, "profile_image_url", text_empty(r->user.profile_image_url)
		   ? arena_printf(r->arena, "/api/v1/users/%s/profile/image", r->user.id)
		   : r->user.profile_image_url);
	add_member(b, "bio", rows_text(r->account, 0, S_BIO));
	add_member(b, "gender", rows_text(r->account, 0, S_GENDER));
	add_member(b, "date_of_birth", rows_text(r->account, 0, S_BIRTH));
	add_member(b, "status_emoji", rows_text(r->account, 0, S_EMOJI));
	add_member(b, "status_message", rows_text(r->account, 0, S_MESSAGE));
	buf_printf(b, ",\"status_expires_at\":%s,\"expires_at\":", until ? until : "null");
	if (exp)
		buf_addint(b, exp);
	else
		buf_adds(b, "null");
	buf_adds(b, ",\"permissions\":");
	buf_adds(b, access_tree_of(r->arena, r->cfg, rows_text(r->account, 0, S_GROUPS)));
	buf_addc(b, '}');
	return req_send_json(r, 200, b->data, b->len);
}

static const struct field signup_form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "email", T_STR, F_REQUIRED },
	{ "password", T_STR, F_REQUIRED },
	{ "profile_image_url", T_STR | T_NULL },
	SCHEMA_END
};

/* May anybody sign up?  The first account may always be made, unless the form is switched off. */
static bool may_sign_up(struct req *r, bool any)
{
	if (any)
		return env_bool("WEBUI_AUTH", true) && config_bool(r->cfg, CK_UI_ENABLE_SIGNUP) &&
		       config_bool(r->cfg, CK_UI_ENABLE_LOGIN_FORM);
	return !env_bool("WEBUI_AUTH", true) || config_bool(r->cfg, CK_UI_ENABLE_LOGIN_FORM) ||
	       env_bool("ENABLE_INITIAL_ADMIN_SIGNUP", false);
}

/* The checks that sign-up and the administrator's "add" share. */
static bool new_account_fits(struct req *r)
{
	const char *email = json_text(r->body, "email", "");
	const char *image = json_text(r->body, "profile_image_url", "");
	bool taken;

	if (!image_url_valid(image)) {
		req_fail_detail(r, 422, "The address of the profile image is not allowed.");
	} else if (!email_valid(email) || body_has_nul(r, "email")) {
		req_fail(r, ERR_INVALID_EMAIL);
	} else if (!req_db_bool(r, &taken, Q_AUTH_EMAIL_TAKEN, email)) {
		return false;
	} else if (taken) {
		req_fail(r, ERR_EMAIL_TAKEN);
	} else {
		return password_fits(r, json_text(r->body, "password", ""), "password");
	}
	return false;
}

static bool create(struct req *r, const char *role, struct account *who)
{
	struct account_form form = {
		.name = json_text(r->body, "name", ""),
		.email = json_text(r->body, "email", ""),
		.password = json_text(r->body, "password", ""),
		.image = json_text(r->body, "profile_image_url", "/user.png"),
		.role = role,
		.group = config_text(r->cfg, CK_UI_DEFAULT_GROUP_ID),
	};
	int rc;

	rc = account_create(r->arena, req_db(r), &form, who);
	if (rc < 0)
		req_db_failed(r);
	else if (!rc)
		req_fail(r, ERR_EMAIL_TAKEN);
	return rc > 0;
}

static int signup(struct req *r)
{
	struct account who;
	bool any;

	if (!req_db_bool(r, &any, Q_AUTH_ANY))
		return 0;
	if (!may_sign_up(r, any))
		return req_fail(r, ERR_FORBIDDEN);
	if (!new_account_fits(r) ||
	    !create(r, config_text(r->cfg, CK_UI_DEFAULT_USER_ROLE), &who))
		return 0;
	if (who.first && config_store_one(req_db(r), r->arena, CK_UI_ENABLE_SIGNUP,
					  json_own(r->arena, json_object_new_boolean(false))) < 0)
		return req_db_failed(r);
	session_tell_created(r, &who, NULL);
	json_set_text(session_event(r, &who, "auth.signup", NULL)->data, "email", who.email);
	return session_send(r, &who, "password");
}

static const struct field add_form[] = {
	{ "name", T_STR, F_REQUIRED },
	{ "email", T_STR, F_REQUIRED },
	{ "password", T_STR, F_REQUIRED },
	{ "profile_image_url", T_STR | T_NULL },
	{ "role", T_STR | T_NULL, .def = "\"pending\"" },
	SCHEMA_END
};

static void tell_added(struct req *r, const struct account *who)
{
	struct event *e = req_event(r, "user.created", who->id, json_new_object(r->arena));

	e->source = "admin";
	json_set_text(e->data, "role", who->role);
}

static int add(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);
	struct account who;
	struct token t = { 0 };

	if (!new_account_fits(r) || !create(r, json_text(r->body, "role", "pending"), &who))
		return 0;
	tell_added(r, &who);
	json_set_text(o, "id", who.id);
	json_set_text(o, "name", who.name);
	json_set_text(o, "role", who.role);
	json_set_text(o, "email", who.email);
	if (config_bool(r->cfg, CK_AUTH_MFA_ENABLE)) {	/* nobody gets past the second factor by this */
		json_set_text(o, "profile_image_url", who.image);
		return req_send_obj(r, o);
	}
	t.id = who.id;
	t.session_stamp = who.stamp;
	json_set_text(o, "profile_image_url",
		      arena_printf(r->arena, "/api/v1/users/%s/profile/image", who.id));
	json_set_text(o, "token", token_issue(r->arena, &t, session_lifetime(r)));
	json_set_text(o, "token_type", "Bearer");
	return req_send_obj(r, o);
}

/* Where the browser goes after a sign-out; false: the provider could not be asked. */
static bool signout_place(struct req *r, const char **to)
{
	const char *own = env_str("WEBUI_AUTH_SIGNOUT_REDIRECT_URL", ""), *id = req_cookie(r, "oauth_session_id");
	int rc = 0;

	*to = *own ? own : NULL;
	if (id) {
		const char *url;

		rc = oauth_logout_url(r->arena, r->cfg, id, own, &url);
		if (rc > 0)
			*to = url;
	}
	return rc >= 0;
}

static int signout(struct req *r)
{
	static const char *const cookies[] = { "oauth_id_token", "oui-session", "owui-session",
					       "token" };
	struct json_object *o = json_new_object(r->arena);
	const char *to;
	struct token t;
	bool known = signout_place(r, &to);

	if (guard_claimed_id(r, guard_credential(r), &t)) {
		const struct account who = { .id = t.id };

		session_revoke(r->arena, &t);
		session_event(r, &who, "auth.logout", text_eq(t.auth_method, "oauth") ? "oauth" : NULL);
		publish_disconnect(r->arena, arena_printf(r->arena, "user:%s", t.id));
	}
	if (req_cookie(r, "oauth_session_id"))
		session_delete_cookie(r, "oauth_session_id");
	for (size_t i = 0; i < ARRAY_SIZE(cookies); i++)
		session_delete_cookie(r, cookies[i]);
	if (!known)
		return req_fail_detail(r, 500, "Failed to sign out from the OpenID provider.");
	json_set_bool(o, "status", true);
	if (to)
		json_set_text(o, "redirect_url", to);
	return req_send_obj(r, o);
}

static const struct field timezone_form[] = { { "timezone", T_STR, F_REQUIRED }, SCHEMA_END };

/* A day as YYYY-MM-DD: also from a date and time, or seconds since 1970, at midnight.  NULL: none. */
static const char *day_text(struct json_object *v, char out[16])
{
	struct tm tm = { 0 }, check;
	const char *s = json_str(v), *end = "";
	time_t t;

	if (s) {
		end = strptime(s, "%Y-%m-%d", &tm);
		if (end && (*end == 'T' || *end == ' '))
			end = strptime(end + 1, "%H:%M:%S", &tm);
		if (end && *end == 'Z')
			end++;
	} else {
		t = (time_t)json_object_get_int64(v);
		gmtime_r(&t, &tm);
	}
	if (!end || *end || tm.tm_hour || tm.tm_min || tm.tm_sec)
		return NULL;
	check = tm;
	timegm(&check);		/* puts February 30 into March */
	if (check.tm_mday != tm.tm_mday)
		return NULL;
	strftime(out, 16, "%Y-%m-%d", &tm);
	return out;
}

static const char *date_fault(struct json_object *v)
{
	char day[16];

	return day_text(v, day) ? NULL : "Input should be a valid date";
}

static const struct field profile_form[] = {
	{ "profile_image_url", T_STR, F_REQUIRED }, { "name", T_STR, F_REQUIRED },
	{ "bio", T_STR | T_NULL }, { "gender", T_STR | T_NULL },
	{ "date_of_birth", T_STR | T_INT | T_NULL, .fault = date_fault }, SCHEMA_END
};

static int profile_update(struct req *r)
{
	char day[16];

	if (!image_url_valid(json_text(r->body, "profile_image_url", "")))
		return req_fail_detail(r, 422, "The address of the profile image is not allowed.");
	if (json_get(r->body, "date_of_birth"))
		json_set_text(r->body, "date_of_birth", day_text(json_get(r->body, "date_of_birth"), day));
	return req_send_sql(r, Q_USER_PROFILE_SET, r->user.id, req_body_text(r));
}

static const struct field password_form[] = {
	{ "password", T_STR, F_REQUIRED }, { "new_password", T_STR, F_REQUIRED }, SCHEMA_END
};

/* A new password of one's own: the old one is needed, and all sessions end. */
static int password_update(struct req *r)
{
	const char *old = json_text(r->body, "password", "");
	const char *new = json_text(r->body, "new_password", "");
	struct rows *rows;
	const char *stored;

	if (*env_str("WEBUI_AUTH_TRUSTED_EMAIL_HEADER", ""))
		return req_fail_detail(r, 400, "%s", err_defs[ERR_ACTION_PROHIBITED].detail);
	if (!req_db_run(r, &rows, Q_AUTH_HASH, r->user.id))
		return 0;
	stored = rows_text(rows, 0, 0);
	if (!password_verify(old, stored) || body_has_nul(r, "password"))
		return req_fail(r, ERR_INCORRECT_PASSWORD);
	if (!password_fits(r, new, "new_password"))
		return 0;
	if (!req_db_run(r, &rows, Q_AUTH_PASSWORD_SET, r->user.id, password_hash(r->arena, new),
			stored))
		return 0;
	if (!rows_affected(rows))
		return req_fail_detail(r, 409, "The account was changed meanwhile. Please sign in again.");
	publish_disconnect(r->arena, arena_printf(r->arena, "user:%s", r->user.id));
	return req_send_true(r);
}

/* Whom to ask for access: the address that was set, or the primary administrator. */
static int admin_details(struct req *r)
{
	const char *email = config_text(r->cfg, CK_AUTH_ADMIN_EMAIL);

	if (!config_bool(r->cfg, CK_AUTH_ADMIN_SHOW))
		return req_fail_detail(r, 400, "%s", err_defs[ERR_ACTION_PROHIBITED].detail);
	return req_send_sql(r, Q_AUTH_ADMIN_DETAILS, *email ? email : NULL);
}

static bool may_have_key(struct req *r)
{
	if (config_bool(r->cfg, CK_AUTH_ENABLE_API_KEYS) && req_permitted(r, "features.api_keys"))
		return true;
	if (!r->status)
		req_fail(r, ERR_API_KEY_CREATION);
	return false;
}

static int key_get(struct req *r)
{
	return may_have_key(r) ? req_send_sql(r, Q_AUTH_KEY_GET, r->user.id) : 0;
}

static int key_create(struct req *r)
{
	char key[36] = "sk-";

	if (!may_have_key(r))
		return 0;
	rand_hex(key + 3, 16);
	return req_send_sql(r, Q_AUTH_KEY_SET, r->user.id, key);
}

static int key_delete(struct req *r)
{
	if (!may_have_key(r) || !req_db_run(r, NULL, Q_AUTH_KEY_DELETE, r->user.id))
		return 0;
	return req_send_true(r);
}

const struct route auth_routes[] = {
	{ "GET", "/api/v1/auths/", ANY_ROLE, session_get, .account = Q_AUTH_SESSION,
	  .flags = R_NO_STORE | R_NO_API_KEY },
	{ "POST", "/api/v1/auths/signup", ANON, signup, signup_form,
	  .flags = R_NO_STORE | R_STREAM },
	{ "POST", "/api/v1/auths/signout", ANON, signout,
	  .flags = R_NO_STORE | R_STREAM },
	{ "POST", "/api/v1/auths/add", ADMIN, add, add_form, .flags = R_NO_STORE | R_STREAM },
	{ "GET", "/api/v1/auths/api_key", ANY_ROLE, key_get, .flags = R_NO_STORE | R_PERMISSIONS,
	  .none = ERR_API_KEY_NOT_FOUND },
	{ "POST", "/api/v1/auths/api_key", ANY_ROLE, key_create, .flags = R_NO_STORE | R_PERMISSIONS,
	  .event = "auth.api_key.created user" },
	{ "DELETE", "/api/v1/auths/api_key", ANY_ROLE, key_delete, .flags = R_NO_STORE,
	  .event = "auth.api_key.deleted user" },
	{ "GET", "/api/v1/auths/admin/details", ANY_ROLE, admin_details, .flags = R_NO_STORE },
	{ "POST", "/api/v1/auths/update/timezone", ANY_ROLE, NULL, timezone_form,
	  .flags = R_NO_STORE, .sql = Q_USER_TIMEZONE_SET, .args = "user body",
	  .event = "user.updated user updated_fields=[timezone]" },
	{ "POST", "/api/v1/auths/update/profile", USER, profile_update, profile_form,
	  .flags = R_NO_STORE,
	  .event = "user.profile_updated user updated_fields=[profile_image_url,name,bio,gender,date_of_birth]" },
	{ "POST", "/api/v1/auths/update/password", ANY_ROLE, password_update, password_form,
	  .flags = R_NO_STORE | R_STREAM, .event = "auth.password_changed user" },
	ROUTES_END
};
