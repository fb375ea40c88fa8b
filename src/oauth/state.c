#include "oauth/state.h"

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/rand.h"
#include "cache/redis.h"
#include "json/json.h"

enum { RANDOM_TEXT = 43 };

char *oauth_random(struct arena *a)
{
	return rand_base64url(a, OAUTH_STATE_BYTES);
}

bool oauth_random_valid(const char *text)
{
	return text && strlen(text) == RANDOM_TEXT &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == RANDOM_TEXT;
}

/* What Redis holds is no key to anybody's session. */
static const char *digest(struct arena *a, const char *text)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;

	EVP_Digest(text, strlen(text), sum, &n, EVP_sha256(), NULL);
	base64url_encode(b, sum, n);
	return b->data;
}

const char *oauth_state_save(struct arena *a, const struct oauth_state *s, const char *browser)
{
	const char *name = oauth_random(a), *key = redis_key(a, "oauth:state:%s", name);
	struct json_object *o = json_new_object(a);
	struct redis_reply *reply;

	json_set_text(o, "provider", s->provider);
	json_set_text(o, "nonce", s->nonce);
	json_set_text(o, "verifier", s->verifier);
	json_set_text(o, "redirect_uri", s->redirect_uri);
	json_set_text(o, "user_id", s->user_id);
	json_set_text(o, "browser", digest(a, browser));
	if (redis_run(a, &reply, "SET", key, json_print(o), "EX",
		      arena_printf(a, "%d", OAUTH_STATE_SECONDS)) <= 0)
		return NULL;
	return name;
}

int oauth_state_take(struct arena *a, const char *name, const char *provider, const char *browser,
		     struct oauth_state *out)
{
	struct redis_reply *reply;
	struct json_object *o;
	int rc;

	if (!oauth_random_valid(name) || !oauth_random_valid(browser))
		return 0;
	rc = redis_run(a, &reply, "GETDEL", redis_key(a, "oauth:state:%s", name));
	if (rc <= 0)
		return rc;
	o = json_parse_text(a, reply_text(reply));
	if (!text_eq(json_text(o, "provider", NULL), provider) ||
	    !secret_eq(json_text(o, "browser", ""), digest(a, browser)))
		return 0;
	*out = (struct oauth_state){
		.provider = provider,
		.nonce = json_text(o, "nonce", NULL),
		.verifier = json_text(o, "verifier", NULL),
		.redirect_uri = json_text(o, "redirect_uri", NULL),
		.user_id = json_text(o, "user_id", NULL),
	};
	return 1;
}
