#include "auth/session.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "cache/redis.h"
#include "db/db.h"

enum { COL_ID, COL_NAME, COL_EMAIL, COL_ROLE, COL_IMAGE, COL_TIMEZONE, COL_STAMP, COL_ACTIVE };

bool user_is_verified(const struct user *u)
{
	return text_eq(u->role, "user") || text_eq(u->role, "admin");
}

/* When Redis last said that a token is good: a page of the web UI makes twenty calls at a time. */
static struct {
	pthread_mutex_t lock;
	struct {
		char jti[UUID_SIZE];
		int64_t asked_ms;
	} slots[1024];
} good = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t slot_of(const char *jti)
{
	size_t h = 1469598103934665603u;

	for (; *jti; jti++)
		h = (h ^ (unsigned char)*jti) * 1099511628211u;
	return h % ARRAY_SIZE(good.slots);
}

static bool asked_lately(const char *jti)
{
	size_t i = slot_of(jti);
	bool yes;

	pthread_mutex_lock(&good.lock);
	yes = strcmp(good.slots[i].jti, jti) == 0 &&
	      mono_ms() - good.slots[i].asked_ms < SESSION_ASK_MS;
	pthread_mutex_unlock(&good.lock);
	return yes;
}

static void note_good(const char *jti, bool yes)
{
	size_t i = slot_of(jti);

	pthread_mutex_lock(&good.lock);
	snprintf(good.slots[i].jti, UUID_SIZE, "%s", yes ? jti : "");
	good.slots[i].asked_ms = mono_ms();
	pthread_mutex_unlock(&good.lock);
}

bool session_revoked(struct arena *a, const struct token *t)
{
	struct redis_reply *r = NULL;
	bool revoked;

	if (!redis_configured() || !t->jti || asked_lately(t->jti))
		return false;
	if (redis_run(a, &r, "MGET", redis_key(a, "auth:token:%s:revoked", t->jti),
		      redis_key(a, "auth:user:%s:revoked_at", t->id)) <= 0)
		return false;
	revoked = !reply_is_nil(reply_item(r, 0)) || t->iat <= reply_int(reply_item(r, 1), -1);
	note_good(t->jti, !revoked);
	return revoked;
}

void session_key_user(const struct rows *rows, struct user *out)
{
	out->id = rows_text(rows, 0, COL_ID);
	out->name = rows_text(rows, 0, COL_NAME);
	out->email = rows_text(rows, 0, COL_EMAIL);
	out->role = rows_text(rows, 0, COL_ROLE);
	out->profile_image_url = rows_text(rows, 0, COL_IMAGE);
	out->timezone = rows_text(rows, 0, COL_TIMEZONE);
	out->last_active_at = rows_i64(rows, 0, COL_ACTIVE, 0);
	out->is_admin = text_eq(out->role, "admin");
	out->by_api_key = true;
}

bool session_user(const struct rows *rows, const struct token *t, struct user *out)
{
	const char *stamp;

	if (!rows_count(rows))
		return false;
	stamp = rows_text(rows, 0, COL_STAMP);
	if (stamp && !text_eq(stamp, t->session_stamp))
		return false;
	session_key_user(rows, out);
	out->by_api_key = false;
	out->token = *t;
	return true;
}

enum session_result session_check(struct arena *a, struct db *db, const char *jwt, struct user *out)
{
	struct rows *rows;
	struct token t;

	if (text_empty(jwt))
		return SESSION_NONE;
	if (token_verify(a, jwt, &t) <= 0 || !text_eq(t.typ, "session"))
		return SESSION_BAD;
	if (db_run(db, a, &rows, Q_AUTH_USER, t.id) < 0)
		return SESSION_DOWN;
	if (!session_user(rows, &t, out) || session_revoked(a, &t))
		return SESSION_BAD;
	return SESSION_OK;
}

void session_revoke(struct arena *a, const struct token *t)
{
	int64_t left = t->exp - time_s();

	if (!t->jti || !t->exp || left <= 0)
		return;
	note_good(t->jti, false);
	redis_run(a, NULL, "SET", redis_key(a, "auth:token:%s:revoked", t->jti), "1", "EX",
		  arena_printf(a, "%" PRId64, left));
}
