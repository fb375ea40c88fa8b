#include "oauth/session.h"

#include "auth/fernet.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/rand.h"
#include "cache/redis.h"
#include "db/db.h"
#include "http/form.h"
#include "oauth/jose.h"
#include "oauth/refresh.h"
#include "oauth/signin.h"

enum { S_ID, S_USER, S_PROVIDER, S_TOKEN, S_EXPIRES };

static bool session_key(struct fernet *f)
{
	if (fernet_key(f, env_str("OAUTH_SESSION_TOKEN_ENCRYPTION_KEY", env_str("WEBUI_SECRET_KEY", ""))))
		return true;
	log_error("oauth_setting", "name=OAUTH_SESSION_TOKEN_ENCRYPTION_KEY why=\"44 characters that are no key\"");
	return false;
}

const char *oauth_session_seal(struct arena *a, struct json_object *token)
{
	const char *text = json_print(token);
	struct fernet f;

	return session_key(&f) ? fernet_seal(a, &f, text, strlen(text)) : NULL;
}

struct json_object *oauth_session_open(struct arena *a, const char *sealed)
{
	struct fernet f;
	size_t n = 0;
	char *text = sealed && session_key(&f) ? fernet_open(a, &f, sealed, &n) : NULL;
	struct json_object *o = text ? json_parse(a, text, n, NULL) : NULL;

	return json_is(o, json_type_object) ? o : NULL;
}

static int read_session(struct arena *a, const struct rows *rows, struct oauth_session *out)
{
	struct json_object *token;

	if (!rows_count(rows))
		return 0;
	token = oauth_session_open(a, rows_text(rows, 0, S_TOKEN));
	if (!token)
		return 0;
	*out = (struct oauth_session){
		.id = rows_text(rows, 0, S_ID),
		.user_id = rows_text(rows, 0, S_USER),
		.provider = rows_text(rows, 0, S_PROVIDER),
		.token = token,
		.expires_at = rows_i64(rows, 0, S_EXPIRES, 0),
	};
	return 1;
}

int oauth_session_get(struct arena *a, const char *id, const char *user_id,
		      struct oauth_session *out)
{
	struct rows *rows;

	return db_run_alone(a, &rows, NULL, Q_OAUTH_SESSION_GET, id, user_id) < 0 ? -1 : read_session(a, rows, out);
}

int oauth_session_of(struct arena *a, const char *user_id, const char *provider,
		     struct oauth_session *out)
{
	struct rows *rows;

	return db_run_alone(a, &rows, NULL, Q_OAUTH_SESSION_OF, user_id, provider) < 0 ? -1 :
									       read_session(a, rows, out);
}

/* When the tokens end: after a sign-in the ID token may be used as well as the access token. */
static int64_t ends_at(struct arena *a, const struct oauth_session *s)
{
	const char *id_token = json_text(s->token, "id_token", NULL);
	int64_t at = s->expires_at, exp;
	struct jws t;

	if (id_token && !text_starts(s->provider, "mcp:") && jws_read(a, id_token, &t)) {
		exp = json_i64(t.claims, "exp", 0);
		if (exp > 0 && exp < at)
			at = exp;
	}
	return at;
}

bool oauth_session_stale(struct arena *a, const struct oauth_session *s)
{
	return ends_at(a, s) <= time_s() + OAUTH_REFRESH_EARLY_S;
}

/* A refreshed token keeps what the answer leaves out. */
static struct json_object *refreshed(struct arena *a, const struct oauth_client *client, const char *scope,
				     const char *resource, const struct oauth_session *s, bool *refused)
{
	const char *old = json_text(s->token, "refresh_token", NULL), *why = "there is no refresh token";
	struct json_object *token = NULL;
	struct buf *form = buf_in(a, 0);

	*refused = !old;
	if (old && client->token_url) {
		form_add(form, "grant_type", "refresh_token");
		form_add(form, "refresh_token", old);
		form_add(form, "scope", scope);
		form_add(form, "resource", resource);
		token = oauth_token_request(a, client, form, &why, refused);
	}
	if (!token)
		log_warn("oauth_refresh", "provider=%s session=%s refused=%d why=\"%s\"", s->provider, s->id,
			 *refused, why);
	else if (!json_get(token, "refresh_token"))
		json_set_text(token, "refresh_token", old);
	return token;
}

/* The lock that keeps two processes from spending the same refresh token. */
static bool lock(struct arena *a, const char *id, const char *mine)
{
	struct redis_reply *reply;
	int64_t until = mono_ms() + OAUTH_REFRESH_LOCK_MS;
	const char *key = redis_key(a, "oauth:refresh_lock:%s", id);

	while (mono_ms() < until) {
		int rc = redis_run(a, &reply, "SET", key, mine, "NX", "PX",
				   arena_printf(a, "%d", OAUTH_REFRESH_LOCK_MS));

		if (rc != 0)
			return true;	/* ours, or Redis is away: then nobody has it */
		sleep_ms(100);
	}
	return false;
}

static void unlock(struct arena *a, const char *id, const char *mine)
{
	static const char script[] =
		"if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end return 0";
	struct redis_reply *reply;

	redis_run(a, &reply, "EVAL", script, "1", redis_key(a, "oauth:refresh_lock:%s", id), mine);
}

struct json_object *oauth_session_refresh(struct arena *a, const struct oauth_client *client,
					  const char *scope, const char *resource,
					  const struct oauth_session *s)
{
	struct oauth_session now;
	struct json_object *token;
	char mine[UUID_SIZE];
	bool refused;
	int rc;

	uuid4(mine);
	if (!lock(a, s->id, mine))
		return NULL;
	rc = oauth_session_get(a, s->id, NULL, &now);
	if (rc <= 0 || !json_object_equal(now.token, s->token)) {
		/* Somebody else was faster, or it is gone. */
		unlock(a, s->id, mine);
		return rc > 0 ? now.token : NULL;
	}
	token = refreshed(a, client, scope, resource, s, &refused);
	if (token)
		db_run_alone(a, NULL, NULL, Q_OAUTH_SESSION_SET, s->id, oauth_session_seal(a, token),
		       arena_i64(a, json_i64(token, "expires_at", 0)));
	else if (refused)
		db_run_alone(a, NULL, NULL, Q_OAUTH_SESSION_DELETE, s->id);
	unlock(a, s->id, mine);
	return token;
}

static struct json_object *fresh_token(struct arena *a, const struct config *c,
				       const struct oauth_session *s)
{
	struct oauth_provider p;
	struct oauth_client client;
	struct json_object *endpoints;

	if (!oauth_session_stale(a, s))
		return s->token;
	if (!oauth_provider(a, c, s->provider, &p))
		return NULL;
	endpoints = oauth_endpoints(a, &p);
	client = oauth_client_of(&p, endpoints);
	return oauth_session_refresh(a, &client, config_bool(c, CK_OAUTH_REFRESH_TOKEN_INCLUDE_SCOPE) ?
				     p.scope : NULL, NULL, s);
}

struct json_object *oauth_system_token(struct arena *a, const struct config *c,
				       const char *user_id, const char *id)
{
	struct oauth_session s;
	struct rows *rows;
	struct json_object *token = NULL;

	if (!text_empty(id) && oauth_session_get(a, id, user_id, &s) > 0 &&
	    !text_starts(s.provider, "mcp:"))
		token = fresh_token(a, c, &s);
	if (!token && db_run_alone(a, &rows, NULL, Q_OAUTH_SESSION_LATEST, user_id) > 0 &&
	    read_session(a, rows, &s) > 0)
		token = fresh_token(a, c, &s);
	return token;
}
