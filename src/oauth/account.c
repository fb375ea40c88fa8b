#include "oauth/account.h"

#include "auth/password.h"
#include "base/env.h"
#include "base/log.h"
#include "base/rand.h"
#include "cache/redis.h"
#include "db/db.h"
#include "http/client.h"
#include "http/form.h"
#include "oauth/jose.h"
#include "oauth/picture.h"
#include "oauth/session.h"

static const char failed[] = "Sign-in with your identity provider failed. Please contact your administrator for assistance.";
static const char prohibited[] = "You do not have permission to access this resource. Please contact your administrator for assistance.";
static const char taken[] = "Uh-oh! This email is already registered. Sign in with your existing account or choose another email to start anew.";

enum { SESSIONS_MAX = 1000, SID_SECONDS = 28 * 86400 };
enum { C_EVENTS = 8 };	/* of Q_OAUTH_SIGN_IN, behind the columns of an account */

static const struct oauth_fault well = { 200, NULL };

/* GitHub tells the address of an account without a public one only when asked. */
static const char *github_email(struct arena *a, const struct oauth_provider *p, const char *access_token)
{
	const char *headers[] = { "Accept: application/json", "User-Agent: open-webui-c",
				  arena_printf(a, "Authorization: Bearer %s", access_token), NULL };
	struct http_request req = { .method = "GET", .url = arena_printf(a, "%s/emails", p->userinfo_url),
				    .headers = headers, .timeout_ms = p->timeout_ms, .cancel_fd = -1,
				    .max_body = TOKEN_ANSWER_MAX_BYTES };
	struct json_object *list = NULL;
	struct http_answer ans;

	if (http_run(a, &req, &ans) && ans.status / 100 == 2)
		list = json_parse(a, buf_text(ans.body), ans.body->len, NULL);
	for (size_t i = 0; json_is(list, json_type_array) && i < json_len(list); i++)
		if (json_flag(json_item(list, i), "primary", false))
			return claim_text(json_item(list, i), "email");
	return NULL;
}

static struct str host_of(const char *url)
{
	const char *at = url ? strstr(url, "://") : NULL;

	return at ? (struct str){ at + 3, strcspn(at + 3, "/?#") } : (struct str){ "", 0 };
}

/* Of all who may be named as the place of a picture, only the provider itself gets the access token. */
static const char *fetch_picture(struct arena *a, const struct oauth_provider *p,
				 const struct oauth_answer *answer, const char *url)
{
	struct str host = host_of(url), own = host_of(answer->userinfo_url);
	bool theirs = text_eq(url, p->picture_url) ||
		      (host.n && host.n == own.n && memcmp(host.p, own.p, own.n) == 0);

	return oauth_picture(a, url, theirs ? json_text(answer->token, "access_token", NULL) : NULL);
}

static const char *role_text(enum oauth_role role)
{
	static const char *const names[] = { [ROLE_KEEP] = NULL, [ROLE_USER] = "user",
					     [ROLE_ADMIN] = "admin", [ROLE_DENIED] = "" };

	return names[role];
}

static struct json_object *groups_form(struct arena *a, const struct config *c, struct json_object *claims,
				       struct json_object *token_claims)
{
	struct json_object *o = json_object_new_object(), *share = config_tree(a, c, CK_OAUTH_GROUP_DEFAULT_SHARE);

	json_set(o, "names", json_ref(oauth_groups_of(a, c, claims, token_claims)));
	json_set(o, "blocked", json_ref(oauth_blocked_groups(a, c)));
	json_set_bool(o, "create", config_bool(c, CK_OAUTH_ENABLE_GROUP_CREATION));
	json_set(o, "share", share ? json_ref(share) : json_object_new_boolean(true));
	json_set(o, "permissions", json_ref(config_tree(a, c, CK_USER_PERMISSIONS)));
	return o;
}

/* What both ways in say to owui.oauth_sign_in. */
static struct json_object *form_of(struct arena *a, const struct config *c, const struct oauth_provider *p,
				   const struct oauth_identity *id, struct json_object *claims,
				   struct json_object *token_claims)
{
	struct json_object *o = json_new_object(a);

	json_set_text(o, "provider", p->name);
	json_set_text(o, "sub", id->sub);
	json_set_text(o, "email", id->email);
	json_set_bool(o, "merge", config_bool(c, CK_OAUTH_MERGE_ACCOUNTS_BY_EMAIL) && !id->email_unverified);
	json_set_text(o, "role", role_text(oauth_role_of(a, c, claims, token_claims)));
	json_set_text(o, "denied", arena_printf(a, "403 %s", prohibited));
	json_set_text(o, "taken", arena_printf(a, "400 %s", taken));
	if (config_bool(c, CK_OAUTH_ENABLE_GROUP_MAPPING))
		json_set(o, "groups", groups_form(a, c, claims, token_claims));
	return o;
}

/* A refusal of ours was raised as "403 text". */
static struct oauth_fault fault_of(const struct db_failure *f)
{
	int64_t status;

	if (f->fault == DB_RAISED && strlen(f->message) > 4 &&
	    str_to_i64((struct str){ f->message, 3 }, 400, 499, &status))
		return (struct oauth_fault){ (int)status, f->message + 4 };
	if (f->fault == DB_UNIQUE)
		return (struct oauth_fault){ 400, taken };
	return (struct oauth_fault){ f->fault == DB_OTHER ? 500 : 503, failed };
}

static struct oauth_fault run(struct arena *a, struct json_object *form, struct oauth_login *out)
{
	struct db_failure why = { 0 };
	struct rows *rows;

	if (db_run_alone(a, &rows, &why, Q_OAUTH_SIGN_IN, json_print(form)) <= 0)
		return fault_of(&why);
	account_read(rows, &out->who);
	out->events = json_parse_text(a, rows_text(rows, 0, C_EVENTS));
	return well;
}

/* For somebody new: all that an account needs. */
static void add_new(struct arena *a, const struct config *c, const struct oauth_provider *p,
		    const struct oauth_answer *answer, const struct oauth_identity *id,
		    struct json_object *form)
{
	char password[UUID_SIZE];

	if (!config_bool(c, CK_OAUTH_ENABLE_SIGNUP)) {
		json_set_text(form, "absent", arena_printf(a, "403 %s", prohibited));
		return;
	}
	uuid4(password);
	json_set_text(form, "hash", password_hash(a, password));
	json_set_text(form, "name", id->name ? id->name : id->email);
	json_set_text(form, "image", *id->picture ? fetch_picture(a, p, answer, id->picture) : "/user.png");
	json_set_text(form, "default_role", config_text(c, CK_UI_DEFAULT_USER_ROLE));
	json_set_text(form, "default_group", config_text(c, CK_UI_DEFAULT_GROUP_ID));
}

/* For an account that exists: what the settings let the provider change. */
static void add_changes(struct arena *a, const struct config *c, const struct oauth_provider *p,
			const struct oauth_answer *answer, const struct oauth_identity *id,
			struct json_object *form)
{
	if (config_bool(c, CK_OAUTH_UPDATE_NAME_ON_LOGIN))
		json_set_text(form, "new_name", id->name);
	if (config_bool(c, CK_OAUTH_UPDATE_EMAIL_ON_LOGIN))
		json_set_text(form, "new_email", claim_text(answer->claims, config_text(c, CK_OAUTH_EMAIL_CLAIM)));
	if (config_bool(c, CK_OAUTH_UPDATE_PICTURE_ON_LOGIN) && *config_text(c, CK_OAUTH_PICTURE_CLAIM))
		json_set_text(form, "new_image", *id->picture ? fetch_picture(a, p, answer, id->picture) :
								"/user.png");
}

static void add_session(struct arena *a, struct json_object *token, struct json_object *form,
			struct oauth_login *out)
{
	struct json_object *s = json_object_new_object();
	const char *sealed = oauth_session_seal(a, token);
	char id[UUID_SIZE];

	uuid4(id);
	json_set_text(s, "id", id);
	json_set_text(s, "token", sealed);
	json_set_i64(s, "expires_at", json_i64(token, "expires_at", 0));
	json_set_i64(s, "most", env_int("OAUTH_MAX_SESSIONS_PER_USER", 10, 1, SESSIONS_MAX));
	if (!sealed) {
		json_object_put(s);
		return;
	}
	json_set(form, "session", s);
	out->session_id = arena_strdup(a, id);
}

/* Logout tokens may name the session alone, whose account is remembered for that. */
static void remember_sid(struct arena *a, const struct oauth_provider *p, struct json_object *claims, const char *sub)
{
	const char *sid = claim_text(json_get(claims, "userinfo"), "sid");
	struct redis_reply *reply;

	if (sid)
		redis_run(a, &reply, "SET", redis_key(a, "oauth:sid:%s:%.200s", p->name, sid), sub, "EX",
			  arena_printf(a, "%d", SID_SECONDS));
}

struct oauth_fault oauth_sign_in(struct arena *a, const struct config *c,
				 const struct oauth_provider *p, const struct oauth_answer *answer,
				 struct oauth_login *out)
{
	const char *access_token = json_text(answer->token, "access_token", ""), *email = NULL, *why;
	struct db_failure down;
	struct oauth_identity id;
	struct json_object *form;
	struct rows *rows;

	*out = (struct oauth_login){ .id_token = json_text(answer->token, "id_token", NULL) };
	if (text_eq(p->name, "github") && !claim_text(answer->claims, config_text(c, CK_OAUTH_EMAIL_CLAIM)))
		email = github_email(a, p, access_token);
	why = oauth_identity_of(a, c, p, answer->claims, email, &id);
	if (why) {
		log_warn("oauth_sign_in", "provider=%s why=\"%s\"", p->name, why);
		return (struct oauth_fault){ 400, failed };
	}
	form = form_of(a, c, p, &id, answer->claims, NULL);
	if (db_run_alone(a, &rows, &down, Q_OAUTH_FIND, p->name, id.sub, id.email,
			 json_flag(form, "merge", false) ? "t" : "f") < 0)
		return fault_of(&down);
	if (rows_count(rows))
		add_changes(a, c, p, answer, &id, form);
	else
		add_new(a, c, p, answer, &id, form);
	add_session(a, answer->token, form, out);
	remember_sid(a, p, answer->token, id.sub);
	return run(a, form, out);
}

/* The client that a token was issued to, as the provider's introspection says (RFC 7662). */
static const char *token_client(struct arena *a, const struct oauth_provider *p, const char *access_token)
{
	struct json_object *endpoints = oauth_endpoints(a, p), *o = NULL;
	const char *url = json_text(endpoints, "introspection_endpoint", NULL);
	struct oauth_client client = oauth_client_of(p, endpoints);
	const char *headers[] = { "Accept: application/json", "Content-Type: application/x-www-form-urlencoded",
				  arena_printf(a, "Authorization: %s", oauth_basic(a, &client)), NULL };
	struct buf *form = buf_in(a, 0);
	struct http_request req = { .method = "POST", .url = url, .headers = headers, .cancel_fd = -1,
				    .timeout_ms = p->timeout_ms, .max_body = TOKEN_ANSWER_MAX_BYTES };
	struct http_answer ans;

	if (!url)
		return NULL;
	form_add(form, "token", access_token);
	form_add(form, "token_type_hint", "access_token");
	req.body = buf_text(form);
	req.body_len = form->len;
	if (http_run(a, &req, &ans) && ans.status == 200)
		o = json_parse(a, buf_text(ans.body), ans.body->len, NULL);
	return json_flag(o, "active", false) ? json_text(o, "client_id", NULL) : NULL;
}

/* OAUTH_TOKEN_EXCHANGE_TRUSTED_CLIENT_IDS names whose tokens are taken; empty: anybody's. */
static struct oauth_fault client_trusted(struct arena *a, const struct oauth_provider *p,
					 const char *access_token)
{
	struct str rest = str_of(env_str("OAUTH_TOKEN_EXCHANGE_TRUSTED_CLIENT_IDS", ""));
	const char *client = NULL;

	if (!str_trim(rest).n)
		return well;
	client = token_client(a, p, access_token);
	if (!client)
		return (struct oauth_fault){ 400, "Unable to determine which client the token was issued to" };
	while (rest.n) {
		struct str one = str_trim(str_split(&rest, ','));

		if (one.n && str_eq(one, client))
			return well;
	}
	return (struct oauth_fault){ 403, prohibited };
}

static struct oauth_fault identity_fault(struct arena *a, const struct config *c, const struct oauth_provider *p,
					 struct json_object *claims, struct oauth_identity *id)
{
	const char *own = config_text(c, CK_OAUTH_SUB_CLAIM);

	if (!claim_text(claims, *own ? own : p->sub_claim))
		return (struct oauth_fault){ 400, "Token missing required 'sub' claim" };
	if (!claim_text(claims, config_text(c, CK_OAUTH_EMAIL_CLAIM)))
		return (struct oauth_fault){ 400, "Token missing required email claim" };
	if (oauth_identity_of(a, c, p, claims, NULL, id))
		return (struct oauth_fault){ 403, prohibited };
	return well;
}

struct oauth_fault oauth_exchange(struct arena *a, const struct config *c,
				  const struct oauth_provider *p, const char *access_token,
				  struct oauth_login *out)
{
	struct json_object *endpoints = oauth_endpoints(a, p), *claims, *token_claims = json_new_object(a), *form;
	const char *url = p->userinfo_url ? p->userinfo_url : json_text(endpoints, "userinfo_endpoint", NULL);
	struct oauth_fault fault = client_trusted(a, p, access_token);
	struct oauth_identity id;
	const char *why;
	struct jws t;

	*out = (struct oauth_login){ 0 };
	if (fault.text)
		return fault;
	claims = oauth_userinfo(a, p, url, access_token, &why);
	if (!claims)
		return (struct oauth_fault){ 400, "Invalid token or unable to validate with provider" };
	fault = identity_fault(a, c, p, claims, &id);
	if (fault.text)
		return fault;
	/* The provider has just taken the token as its own. */
	if (jws_read(a, access_token, &t))
		token_claims = t.claims;
	form = form_of(a, c, p, &id, claims, token_claims);
	json_set_text(form, "absent", "403 User not found. Please sign in via the web interface first.");
	return run(a, form, out);
}
