#include "wsd/identity.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "cache/redis.h"
#include "config/config.h"
#include "wsd/event.h"
#include "wsd/socketio.h"

enum { COL_ENTRY = SESSION_COLUMNS, SWEEP_BATCH = 500 };

/* Copy a text into the identity's own memory. */
static const char *keep(char **at, const char *text)
{
	size_t n;
	char *copy = *at;

	if (!text)
		return NULL;
	n = strlen(text) + 1;
	memcpy(copy, text, n);
	*at += n;
	return copy;
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

struct identity *identity_new(const struct user *u)
{
	struct identity *id = xcalloc(1, sizeof(*id) + size_of(u->id) + size_of(u->name) +
				      size_of(u->role) + size_of(u->token.jti) +
				      size_of(u->token.session_stamp) + size_of(u->token.auth_method));
	char *at = id->text;

	id->refs = 1;
	id->is_admin = u->is_admin;
	id->user_id = keep(&at, u->id);
	id->name = keep(&at, u->name);
	id->role = keep(&at, u->role);
	id->token.id = id->user_id;
	id->token.typ = "session";
	id->token.jti = keep(&at, u->token.jti);
	id->token.session_stamp = keep(&at, u->token.session_stamp);
	id->token.auth_method = keep(&at, u->token.auth_method);
	id->token.mfa_verified = u->token.mfa_verified;
	id->token.iat = u->token.iat;
	id->token.exp = u->token.exp;
	return id;
}

struct identity *identity_ref(struct identity *id)
{
	if (id)
		id->refs++;
	return id;
}

void identity_unref(struct identity *id)
{
	if (id && --id->refs == 0)
		free(id);
}

static bool expired(const struct token *t)
{
	return t->exp && t->exp <= time_s();
}

int identity_check_token(struct event *ev, const struct token *t, enum query q, struct user *u,
			 struct rows **rows)
{
	struct rows *r;
	int rc;

	if (expired(t) || !text_eq(t->typ, "session"))
		return 0;
	rc = db_run(ev->db, ev->arena, &r, q, t->id);
	if (rc <= 0)
		return rc;
	if (!session_user(r, config_get_in(ev->arena), t, u) || !user_is_verified(u) || session_revoked(ev->arena, t))
		return 0;
	if (rows)
		*rows = r;
	return 1;
}

int identity_check_jwt(struct event *ev, const char *jwt, enum query q, struct user *u,
		       struct rows **rows)
{
	struct token t;

	if (text_empty(jwt) || token_verify(ev->arena, jwt, &t) <= 0)
		return 0;
	return identity_check_token(ev, &t, q, u, rows);
}

int identity_check(struct event *ev)
{
	struct user u;
	int rc;

	if (!ev->who || expired(&ev->who->token))
		return 0;
	if (ev->fresh)
		return 1;
	rc = identity_check_token(ev, &ev->who->token, Q_AUTH_USER, &u, NULL);
	ev->checked = rc > 0;
	return rc;
}

int identity_check_entry(struct event *ev, const char **entry)
{
	struct rows *rows;
	struct user u;
	int rc;

	if (!ev->who)
		return 0;
	rc = identity_check_token(ev, &ev->who->token, Q_REALTIME_ENTRY, &u, &rows);
	ev->checked = rc > 0;
	if (rc > 0)
		*entry = rows_text(rows, 0, COL_ENTRY);
	return rc;
}

/* --- the sweep: many sessions with one query and one round trip to Redis --- */

struct sweep {
	struct job job;
	struct arena *arena;
	size_t count;
	struct sock *socks[SWEEP_BATCH];
	struct identity *who[SWEEP_BATCH];
	bool lost[SWEEP_BATCH];
};

struct account {
	const char *role, *stamp;
	const char *factor;		/* NULL: may not sign in; "t": it has one */
};

static struct rows *ask_accounts(struct sweep *w, struct db *db)
{
	struct buf *ids = buf_in(w->arena, 0);
	struct rows *rows;

	buf_addc(ids, '[');
	for (size_t i = 0; i < w->count; i++) {
		if (i)
			buf_addc(ids, ',');
		buf_json(ids, w->who[i]->user_id);
	}
	buf_addc(ids, ']');
	return db_run(db, w->arena, &rows, Q_REALTIME_ACCOUNTS, buf_text(ids)) >= 0 ? rows : NULL;
}

/* Two answers a session: its token's mark, its account's. NULL: Redis is away. */
static const struct redis_reply *ask_revocations(struct sweep *w)
{
	struct arena *a = w->arena;
	const char **argv = arena_calloc(a, 2 * w->count + 1, sizeof(*argv));
	struct redis_reply *r = NULL;
	int n = 0;

	argv[n++] = "MGET";
	for (size_t i = 0; i < w->count; i++) {
		const struct token *t = &w->who[i]->token;

		argv[n++] = redis_key(a, "auth:token:%s:revoked", t->jti ? t->jti : "");
		argv[n++] = redis_key(a, "auth:user:%s:revoked_at", t->id);
	}
	return redis_run_argv(a, &r, n, argv, NULL) > 0 ? r : NULL;
}

static bool still_good(const struct identity *id, const struct account *acc, const struct config *cfg,
		       const struct redis_reply *marks, size_t i)
{
	if (!acc || expired(&id->token))
		return false;
	if (!text_eq(acc->role, "user") && !text_eq(acc->role, "admin"))
		return false;
	if (!acc->factor || !text_eq(acc->stamp, id->token.session_stamp) ||
	    !session_complete(cfg, &id->token, *acc->factor == 't'))
		return false;
	if (!marks)
		return true;
	return (!id->token.jti || reply_is_nil(reply_item(marks, 2 * i))) &&
	       id->token.iat > reply_int(reply_item(marks, 2 * i + 1), -1);
}

static void sweep_work(struct job *j)
{
	struct sweep *w = (struct sweep *)j;
	struct db *db = db_get();
	struct rows *rows = ask_accounts(w, db);
	const struct redis_reply *marks;
	struct map *by_id = map_new();

	db_put(db);
	if (rows) {
		marks = ask_revocations(w);
		for (size_t i = 0; i < rows_count(rows); i++) {
			struct account *acc = arena_alloc(w->arena, sizeof(*acc));

			*acc = (struct account){ rows_text(rows, i, 1), rows_text(rows, i, 2),
						 rows_text(rows, i, 3) };
			map_set(by_id, rows_text(rows, i, 0), acc);
		}
		for (size_t i = 0; i < w->count; i++)
			w->lost[i] = !still_good(w->who[i], map_get(by_id, w->who[i]->user_id),
						 config_get_in(w->arena), marks, i);
	}
	map_free(by_id, NULL);
}

static void sweep_done(struct job *j)
{
	struct sweep *w = (struct sweep *)j;

	for (size_t i = 0; i < w->count; i++) {
		/* unless it authenticated again meanwhile */
		if (w->lost[i] && w->socks[i]->who == w->who[i])
			sock_disconnect(w->socks[i]);
		identity_unref(w->who[i]);
		sock_unref(w->socks[i]);
	}
	arena_free(w->arena);
	free(w);
}

static void submit(struct sweep *w)
{
	w->arena = arena_new();
	w->job.work = sweep_work;
	w->job.done = sweep_done;
	pool_submit(&w->job);
}

void identity_sweep(void)
{
	struct sweep *w = NULL;

	for (struct sock *s = sock_first(); s; s = s->next) {
		if (!s->who)
			continue;
		if (!w)
			w = xcalloc(1, sizeof(*w));
		w->socks[w->count] = sock_ref(s);
		w->who[w->count++] = identity_ref(s->who);
		if (w->count == SWEEP_BATCH) {
			submit(w);
			w = NULL;
		}
	}
	if (w)
		submit(w);
}
