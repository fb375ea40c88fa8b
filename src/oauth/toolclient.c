#include "oauth/toolclient.h"

#include "base/log.h"
#include "base/rand.h"
#include "db/db.h"
#include "http/client.h"
#include "http/form.h"
#include "oauth/discovery.h"
#include "oauth/refresh.h"
#include "oauth/signin.h"
#include "oauth/state.h"

static const char *scheme_at(const char *word)
{
	return text_starts(word, "https://") || text_starts(word, "http://") || text_starts(word, "api://") ? word : NULL;
}

/* A scope that names the resource says the same as the parameter. */
static bool scope_names_resource(const char *scope)
{
	for (const char *p = scope; p && *p; p += strcspn(p, " "), p += *p == ' ')
		if (scheme_at(p))
			return true;
	return false;
}

/* The resource indicator (RFC 8707) to send; NULL: none. */
static const char *resource_of(const struct tool_client *t)
{
	const char *resource = json_text(t->info, "resource", NULL);
	const char *mode = json_text(t->info, "oauth_resource_parameter", "auto");

	if (text_empty(resource) || text_eq(mode, "omit"))
		return NULL;
	return text_eq(mode, "include") || !scope_names_resource(json_text(t->info, "scope", NULL)) ? resource : NULL;
}

/* An endpoint from the record, else from the document that it names. */
static const char *endpoint(struct arena *a, const struct config *c, const struct tool_client *t, const char *name)
{
	const char *url = json_text(json_get(t->info, "server_metadata"), name, NULL);
	const char *document = json_text(t->info, "issuer", NULL);

	if (url || text_empty(document))
		return url;
	return json_text(discovery_metadata(a, document, oauth_timeout_ms(c, CK_OAUTH_CLIENT_TIMEOUT)), name, NULL);
}

static struct oauth_client client_of(struct arena *a, const struct config *c, const struct tool_client *t)
{
	return (struct oauth_client){
		.id = json_text(t->info, "client_id", ""),
		.secret = json_text(t->info, "client_secret", NULL),
		.auth = json_text(t->info, "token_endpoint_auth_method", "client_secret_post"),
		.token_url = endpoint(a, c, t, "token_endpoint"),
		.timeout_ms = oauth_timeout_ms(c, CK_OAUTH_CLIENT_TIMEOUT),
	};
}

static const char *redirect_uri(const struct tool_client *t)
{
	return json_str(json_item(json_get(t->info, "redirect_uris"), 0));
}

static bool wants_pkce(const struct tool_client *t)
{
	struct json_object *list = json_get(json_get(t->info, "server_metadata"), "code_challenge_methods_supported");

	if (!json_len(list))
		return true;
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_str(json_item(list, i)), "S256"))
			return true;
	return false;
}

static const char *authorize_url(struct arena *a, const struct tool_client *t, const char *url, const char *state,
				 const char *verifier)
{
	struct buf *form = buf_in(a, 0);

	form_add(form, "response_type", "code");
	form_add(form, "client_id", json_text(t->info, "client_id", ""));
	form_add(form, "redirect_uri", redirect_uri(t));
	form_add(form, "scope", json_text(t->info, "scope", NULL));
	form_add(form, "state", state);
	form_add(form, "resource", resource_of(t));
	if (verifier) {
		form_add(form, "code_challenge", oauth_challenge(a, verifier));
		form_add(form, "code_challenge_method", "S256");
	}
	/* Google gives a refresh token for offline access only, and again only after a new consent. */
	if (text_starts(url, "https://accounts.google.com/")) {
		form_add(form, "access_type", "offline");
		form_add(form, "prompt", "consent");
	}
	return url_with_query(a, url, form);
}

bool tool_client_known(struct arena *a, const struct config *c, const struct tool_client *t)
{
	static const char *const complaints[] = { "invalid_client", "invalid client", "client id", "redirect_uri",
						  "redirect uri" };
	const char *url = endpoint(a, c, t, "authorization_endpoint"), *text;
	struct http_request req = { .method = "GET", .cancel_fd = -1, .max_body = DOCUMENT_MAX_BYTES,
				    .timeout_ms = oauth_timeout_ms(c, CK_OAUTH_CLIENT_TIMEOUT), .keep_head = true };
	struct http_answer ans;

	if (!url)
		return true;
	req.url = authorize_url(a, t, url, oauth_random(a), wants_pkce(t) ? oauth_random(a) : NULL);
	/* A page that asks whether we are a robot repeats the address, words of complaint and all. */
	if (!http_run(a, &req, &ans) || ans.status < 400 || http_header(a, &ans, "cf-mitigated"))
		return true;
	text = buf_text(ans.body);
	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		if (strcasestr(text, complaints[i])) {
			log_warn("tool_client", "id=%s known=no status=%d", t->id, ans.status);
			return false;
		}
	}
	return true;
}

const char *tool_client_begin(struct arena *a, const struct config *c, const struct tool_client *t,
			      const char *user_id, const char *browser, const char **why)
{
	const char *url = endpoint(a, c, t, "authorization_endpoint"), *state;
	struct oauth_state s = { .provider = t->id, .redirect_uri = redirect_uri(t), .user_id = user_id };

	*why = "OAuth authorization endpoint could not be resolved for this client.";
	if (!url)
		return NULL;
	if (wants_pkce(t))
		s.verifier = oauth_random(a);
	state = oauth_state_save(a, &s, browser);
	*why = "the state of the sign-in cannot be kept";
	return state ? authorize_url(a, t, url, state, s.verifier) : NULL;
}

/* Whoever began must still be allowed in, and nobody else may be signed in here. */
static const char *user_fault(struct arena *a, const struct oauth_state *s, const char *user_id)
{
	struct rows *rows;

	if (!s->user_id)
		return "OAuth callback state is invalid or expired";
	if (user_id && !text_eq(user_id, s->user_id))
		return "OAuth callback user does not match authenticated session";
	if (db_run_alone(a, &rows, NULL, Q_OAUTH_USER_VERIFIED, s->user_id) <= 0 || !rows_bool(rows, 0, 0))
		return "OAuth callback user is not authorized";
	return NULL;
}

static const char *keep_tokens(struct arena *a, const char *user_id, const char *provider,
			       struct json_object *token)
{
	struct json_object *o = json_new_object(a);
	const char *sealed = oauth_session_seal(a, token);
	char id[UUID_SIZE];

	uuid4(id);
	json_set_text(o, "id", id);
	json_set_text(o, "token", sealed);
	json_set_i64(o, "expires_at", json_i64(token, "expires_at", 0));
	if (!sealed || db_run_alone(a, NULL, NULL, Q_OAUTH_SESSION_REPLACE, user_id, provider, json_print(o)) < 0)
		return "Failed to store OAuth session server-side";
	return NULL;
}

const char *tool_client_finish(struct arena *a, const struct config *c, const struct tool_client *t,
			       const struct tool_client_return *back)
{
	struct oauth_client client = client_of(a, c, t);
	struct buf *form = buf_in(a, 0);
	struct oauth_state s = { 0 };
	struct json_object *token;
	const char *fault, *why;
	bool refused;

	if (oauth_state_take(a, back->state, t->id, back->browser, &s) < 0)
		return "OAuth callback failed: the state cannot be read";
	fault = user_fault(a, &s, back->user_id);
	if (fault)
		return arena_printf(a, "OAuth callback failed: %s", fault);
	if (back->error || text_empty(back->code))
		return arena_printf(a, "OAuth callback failed: %.80s %.80s", back->error ? back->error : "no code came",
				    back->error_description ? back->error_description : "");
	if (!client.token_url)
		return "OAuth callback failed: the token endpoint is not known";
	form_add(form, "grant_type", "authorization_code");
	form_add(form, "code", back->code);
	form_add(form, "redirect_uri", s.redirect_uri);
	form_add(form, "code_verifier", s.verifier);
	form_add(form, "resource", resource_of(t));
	token = oauth_token_request(a, &client, form, &why, &refused);
	if (!token)
		return arena_printf(a, "OAuth callback failed: %.150s", why);
	return keep_tokens(a, s.user_id, t->id, token);
}

const char *tool_client_token(struct arena *a, const struct config *c, const char *user_id,
			      const char *id)
{
	struct oauth_client client;
	struct oauth_session s;
	struct tool_client t;
	struct json_object *token;

	if (oauth_session_of(a, user_id, id, &s) <= 0)
		return NULL;
	token = s.token;
	if (oauth_session_stale(a, &s)) {
		if (!tool_client_get(a, c, id, &t))
			return NULL;
		client = client_of(a, c, &t);
		token = oauth_session_refresh(a, &client, config_bool(c, CK_OAUTH_REFRESH_TOKEN_INCLUDE_SCOPE) ?
					      json_text(t.info, "scope", NULL) : NULL, resource_of(&t), &s);
	}
	return json_text(token, "access_token", NULL);
}
