/* auths_mfa - /api/v1/auths/mfa: enrolment and check of the second factor. */

#include "auth/qr.h"
#include "auth/totp.h"
#include "base/base64.h"
#include "base/log.h"
#include "event/event.h"
#include "fcgi/routes/mfa.h"
#include "fcgi/routes/oauth.h"
#include "fcgi/routes/session.h"
#include "realtime/publish.h"

#define COOKIE "mfa_challenge"
#define COOKIE_PATH "/api/v1/auths/mfa"

static int mfa_status(struct req *r)
{
	struct json_object *mfa = json_parse_text(r->arena, rows_text(r->rows, 0, 0));
	struct json_object *o = json_new_object(r->arena);

	json_set_bool(o, "enabled", json_str(json_get(mfa, "secret")) != NULL);
	json_set_bool(o, "required", session_needs_factor(r->cfg, r->user.token.auth_method));
	json_set_i64(o, "recovery_codes_remaining", (int64_t)json_len(json_get(mfa, "recovery_hashes")));
	return req_send_obj(r, o);
}

/* Security events are logged whether anybody listens or not. */
static void tell(struct req *r, const char *name, const char *user_id)
{
	struct event e = { .name = name, .actor = r->has_user ? &r->user : NULL, .subject_type = "user",
			   .subject_id = user_id, .data = json_new_object(r->arena) };

	log_info("mfa", "event=%s user=%s", name, user_id);
	json_set_text(e.data, "event", name);
	event_publish(r->arena, r->cfg, &e);
}

static void tell_failure(struct req *r, const struct mfa_step *step)
{
	if (step->throttled)
		log_warn("mfa", "event=auth.mfa.throttled user=%s", r->user.id);
	else if (step->wrong_code)
		tell(r, "auth.mfa.failed", step->who.id);
}

/* The answer to a step that failed. */
static int refuse(struct req *r, const struct mfa_fault *f, const struct mfa_step *step)
{
	tell_failure(r, step);
	return session_fail(r, f);
}

static void end_sockets(struct req *r, const char *user_id)
{
	publish_disconnect(r->arena, arena_printf(r->arena, "user:%s", user_id));
}

void mfa_set_cookie(struct req *r, const char *token)
{
	session_add_cookie_at(r, COOKIE, token, COOKIE_PATH, MFA_CHALLENGE_S);
}

static void drop_cookie(struct req *r)
{
	session_delete_cookie_at(r, COOKIE, COOKIE_PATH);
}

/* Scheme and host of an address. */
static struct str origin_of(const char *url)
{
	const char *rest = strstr(url, "://");

	return (struct str){ url, rest ? (size_t)(rest + 3 - url) + strcspn(rest + 3, "/?#") : strlen(url) };
}

/* For a browser that a provider has sent back, from the web UI's own pages only. */
static int challenge(struct req *r)
{
	const char *origin = req_header(r, "Origin"), *token = req_cookie(r, COOKIE);
	struct str own = origin_of(oauth_webui_url(r));
	struct mfa_challenge c;
	struct mfa_fault f;

	if (!origin || strlen(origin) != own.n || memcmp(origin, own.p, own.n) != 0)
		return req_fail_detail(r, 403, "The request comes from another site.");
	f = mfa_look(r->arena, req_db(r), r->cfg, token ? token : "", &c);
	drop_cookie(r);
	if (f.status)
		return req_fail_detail(r, 401, "This sign-in step has expired. Please start again.");
	return session_send_challenge(r, &c);
}

static int enroll_start(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);
	struct buf *image = buf_in(r->arena, 0);
	struct mfa_step step;
	struct mfa_fault f = mfa_enroll_start(r->arena, req_db(r), r->cfg,
					      json_text(r->body, "challenge_token", ""), &step);
	const char *svg;

	if (f.status)
		return refuse(r, &f, &step);
	svg = qr_svg(r->arena, totp_address(r->arena, step.key, step.who.email, "Open WebUI"));
	if (svg) {
		buf_adds(image, "data:image/svg+xml;base64,");
		base64_encode(image, svg, strlen(svg));
	}
	json_set_text(o, "manual_key", step.key);
	json_set_text(o, "qr_code", buf_text(image));
	return req_send_obj(r, o);
}

static int send_codes(struct req *r, const struct mfa_step *step)
{
	return req_send_text(r, arena_printf(r->arena, "{\"recovery_codes\":%s}", step->codes));
}

static int finish(struct req *r, struct mfa_step *step)
{
	struct rows *rows;

	if (step->oauth_session_id) {
		if (!req_db_run(r, &rows, Q_OAUTH_SESSION_GET, step->oauth_session_id, step->who.id))
			return 0;
		if (!rows_count(rows))
			step->oauth_session_id = NULL;
	}
	drop_cookie(r);
	return session_send_verified(r, step);
}

static int enroll_confirm(struct req *r)
{
	struct mfa_step step;
	struct mfa_fault f = mfa_enroll_confirm(r->arena, req_db(r), r->cfg,
						json_text(r->body, "challenge_token", ""),
						json_text(r->body, "code", ""), &step);

	if (f.status)
		return refuse(r, &f, &step);
	tell(r, step.replaced ? "auth.mfa.replaced" : "auth.mfa.enrolled", step.who.id);
	end_sockets(r, step.who.id);
	return step.replaced ? send_codes(r, &step) : finish(r, &step);
}

static int verify(struct req *r)
{
	bool recovery = json_flag(r->body, "recovery", false);
	struct mfa_step step;
	struct mfa_fault f = mfa_verify(r->arena, req_db(r), r->cfg, json_text(r->body, "challenge_token", ""),
					json_text(r->body, "code", ""), recovery, &step);

	if (f.status)
		return refuse(r, &f, &step);
	if (recovery)
		tell(r, "auth.mfa.recovery_used", step.who.id);
	return finish(r, &step);
}

static int replace(struct req *r)
{
	bool recovery = json_flag(r->body, "recovery", false);
	struct mfa_step step;
	struct mfa_fault f = mfa_replace(r->arena, req_db(r), r->cfg, &r->user.token,
					 json_text(r->body, "code", ""), recovery, &step);

	if (f.status)
		return refuse(r, &f, &step);
	if (recovery)
		tell(r, "auth.mfa.recovery_used", r->user.id);
	return session_send_challenge(r, &step.next);
}

static int recovery_codes(struct req *r)
{
	struct mfa_step step;
	struct mfa_fault f = mfa_new_codes(r->arena, req_db(r), r->cfg, &r->user.token,
					   json_text(r->body, "code", ""), json_flag(r->body, "recovery", false),
					   &step);

	if (f.status)
		return refuse(r, &f, &step);
	tell(r, "auth.mfa.recovery_codes_regenerated", r->user.id);
	end_sockets(r, r->user.id);
	return send_codes(r, &step);
}

static int recover(struct req *r)
{
	struct mfa_step step;
	struct mfa_fault f = mfa_recover(r->arena, req_db(r), r->cfg, json_text(r->body, "challenge_token", ""),
					 json_text(r->body, "reset_token", ""), &step);

	return f.status ? refuse(r, &f, &step) : session_send_challenge(r, &step.next);
}

#define TOKEN(name) { name, T_STR, F_REQUIRED, .min = "20", .max = "160" }
#define CODE { "code", T_STR, F_REQUIRED, .min = "1", .max = "128" }, \
	     { "recovery", T_BOOL, .def = "false" }

static const struct field challenge_form[] = { TOKEN("challenge_token"), SCHEMA_END_STRICT };
static const struct field verify_form[] = { TOKEN("challenge_token"), CODE, SCHEMA_END_STRICT };
static const struct field factor_form[] = { CODE, SCHEMA_END_STRICT };
static const struct field recovery_form[] = { TOKEN("challenge_token"), TOKEN("reset_token"), SCHEMA_END_STRICT };

#define PERSON ANY_ROLE		/* API keys are refused */
#define POST(path, who, handler, form) \
	{ "POST", COOKIE_PATH path, who, handler, form, .flags = R_NO_STORE | (who == PERSON ? R_NO_API_KEY : 0) }

const struct route auth_mfa_routes[] = {
	{ "GET", COOKIE_PATH "/status", PERSON, mfa_status, .flags = R_NO_STORE | R_NO_API_KEY,
	  .sql = Q_AUTH_MFA, .args = "user" },
	POST("/challenge", ANON, challenge, NULL),
	POST("/enroll/start", ANON, enroll_start, challenge_form),
	POST("/enroll/confirm", ANON, enroll_confirm, verify_form),
	POST("/verify", ANON, verify, verify_form),
	POST("/replace", PERSON, replace, factor_form),
	POST("/recovery/codes", PERSON, recovery_codes, factor_form),
	POST("/recover", ANON, recover, recovery_form),
	ROUTES_END
};
