#include "oauth/token.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/env.h"
#include "http/client.h"
#include "http/form.h"

static const int64_t never = 253402300799;	/* 9999-12-31 */

const char *oauth_basic(struct arena *a, const struct oauth_client *c)
{
	const char *pair = arena_printf(a, "%s:%s", c->id, c->secret ? c->secret : "");
	struct buf *b = buf_in(a, 0);

	buf_adds(b, "Basic ");
	base64_encode(b, pair, strlen(pair));
	return b->data;
}

void oauth_token_expiry(struct json_object *token, double now)
{
	struct json_object *at = json_get(token, "expires_at"), *in = json_get(token, "expires_in");
	int64_t n = json_object_get_int64(at ? at : in);

	json_set(token, "issued_at", json_object_new_double(now));
	if (!at && in)
		n = n < never ? (int64_t)now + n : never;
	else if (!at)
		n = json_get(token, "refresh_token") ? (int64_t)now + 3600 : never;
	json_set_i64(token, "expires_at", n > 0 && n <= never ? n : never);
}

static void add_credentials(const struct oauth_client *c, struct buf *form)
{
	bool secret = !text_empty(c->secret), basic = secret && text_eq(c->auth, "client_secret_basic");

	if (!basic || env_bool("OAUTH_ACCESS_TOKEN_REQUEST_INCLUDE_CLIENT_ID", false))
		form_add(form, "client_id", c->id);
	if (secret && !basic && !text_eq(c->auth, "none"))
		form_add(form, "client_secret", c->secret);
}

/* What an error answer says, on one line. */
static const char *error_of(struct arena *a, struct json_object *o, int status)
{
	const char *error = json_text(o, "error", NULL), *text = json_text(o, "error_description", NULL);

	if (error)
		return arena_printf(a, "%.80s%s%.200s", error, text ? " - " : "", text ? text : "");
	return arena_printf(a, "the token endpoint answered %d", status);
}

struct json_object *oauth_token_request(struct arena *a, const struct oauth_client *c, struct buf *form,
					const char **why, bool *refused)
{
	const char *headers[] = { "Accept: application/json",
				  "Content-Type: application/x-www-form-urlencoded", NULL, NULL };
	struct http_request req = { .method = "POST", .url = c->token_url, .headers = headers,
				    .timeout_ms = c->timeout_ms, .cancel_fd = -1,
				    .max_body = TOKEN_ANSWER_MAX_BYTES };
	struct http_answer ans;
	struct json_object *o;

	add_credentials(c, form);
	if (!text_empty(c->secret) && text_eq(c->auth, "client_secret_basic"))
		headers[2] = arena_printf(a, "Authorization: %s", oauth_basic(a, c));
	req.body = buf_text(form);
	req.body_len = form->len;
	*refused = false;
	if (!http_run(a, &req, &ans)) {
		*why = ans.error ? ans.error : "the answer is too large";
		return NULL;
	}
	o = json_parse(a, buf_text(ans.body), ans.body->len, NULL);
	if (ans.status / 100 == 2 && !text_empty(json_text(o, "access_token", NULL))) {
		oauth_token_expiry(o, time_f());
		return o;
	}
	*why = error_of(a, o, ans.status);
	*refused = ans.status / 100 == 4 || json_text(o, "error", NULL);
	return NULL;
}
