#include "cache/redis.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <sys/time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

enum { COMMAND_MS = 3000, CONNECT_MS = 2000, RETRY_CONNECT_MS = 250, IDLE_MAX = 64 };

struct conn {
	redisContext *c;
	struct conn *next;
};

struct redis_link {
	redisContext *c;
};

struct redis_batch {
	struct buf *wire;
	size_t count;
};

static struct {
	pthread_mutex_t lock;
	struct conn *idle;
	int idle_count;
	char *host;		/* or the socket's path */
	int port;		/* 0: Unix socket */
	char *password;
	int db;
	char *prefix;
	bool configured;
	bool down;
	int64_t down_until;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void parse_tcp(struct str rest)
{
	struct str auth = rest, where, db;
	const char *at = memrchr(rest.p, '@', rest.n);
	int64_t n;

	if (at) {
		auth.n = (size_t)(at - rest.p);
		rest.n -= auth.n + 1;
		rest.p = at + 1;
		str_split(&auth, ':');
		if (auth.n)
			pool.password = strndup(auth.p, auth.n);
	}
	where = str_split(&rest, '/');
	db = str_split(&rest, '?');
	if (str_to_i64(db, 0, 1000, &n))
		pool.db = (int)n;
	auth = str_split(&where, ':');
	pool.host = auth.n ? strndup(auth.p, auth.n) : xstrdup("127.0.0.1");
	pool.port = str_to_i64(where, 1, 65535, &n) ? (int)n : 6379;
}

static void parse_unix(struct str rest)
{
	struct str path = str_split(&rest, '?');
	int64_t n;

	pool.host = strndup(path.p, path.n);
	while (rest.n) {
		struct str option = str_split(&rest, '&');

		if (str_eq(str_split(&option, '='), "db") && str_to_i64(option, 0, 1000, &n))
			pool.db = (int)n;
	}
}

void redis_setup(const char *url, const char *key_prefix)
{
	struct str u = str_of(url);

	pool.prefix = xstrdup(key_prefix);
	if (!u.n)
		return;
	pool.configured = true;
	if (str_starts(u, "unix://"))
		parse_unix((struct str){ u.p + 7, u.n - 7 });
	else if (str_starts(u, "redis://"))
		parse_tcp((struct str){ u.p + 8, u.n - 8 });
	else
		die("redis_url", "why=\"REDIS_URL must start with redis:// or unix://\"");
}

bool redis_configured(void)
{
	return pool.configured;
}

const char *redis_prefix(void)
{
	return pool.prefix ? pool.prefix : "open-webui";
}

char *redis_key(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *tail;

	va_start(ap, fmt);
	tail = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return arena_printf(a, "%s:%s", redis_prefix(), tail);
}

static struct timeval to_timeval(int ms)
{
	return (struct timeval){ ms / 1000, (ms % 1000) * 1000 };
}

static bool greet(redisContext *c)
{
	redisReply *r;
	bool ok = true;

	if (pool.password) {
		r = redisCommand(c, "AUTH %s", pool.password);
		ok = r && r->type != REDIS_REPLY_ERROR;
		freeReplyObject(r);
	}
	if (ok && pool.db) {
		r = redisCommand(c, "SELECT %d", pool.db);
		ok = r && r->type != REDIS_REPLY_ERROR;
		freeReplyObject(r);
	}
	return ok;
}

static void note_down(const char *why)
{
	bool first;

	pthread_mutex_lock(&pool.lock);
	first = !pool.down;
	pool.down = true;
	pool.down_until = mono_ms() + RETRY_CONNECT_MS;
	pthread_mutex_unlock(&pool.lock);
	if (first)
		log_warn("redis_down", "error=\"%s\"", why);
}

static void note_up(void)
{
	bool first;

	pthread_mutex_lock(&pool.lock);
	first = pool.down;
	pool.down = false;
	pthread_mutex_unlock(&pool.lock);
	if (first)
		log_info("redis_up", "host=%s", pool.host);
}

static redisContext *open_context(int timeout_ms)
{
	redisContext *c;

	if (!pool.configured)
		return NULL;
	if (pool.port)
		c = redisConnectWithTimeout(pool.host, pool.port, to_timeval(CONNECT_MS));
	else
		c = redisConnectUnixWithTimeout(pool.host, to_timeval(CONNECT_MS));
	if (!c || c->err || redisSetTimeout(c, to_timeval(timeout_ms)) != REDIS_OK || !greet(c)) {
		note_down(c ? c->errstr : "no context");
		if (c)
			redisFree(c);
		return NULL;
	}
	note_up();
	return c;
}

static redisContext *borrow(bool fresh)
{
	struct conn *conn = NULL;
	redisContext *c;
	bool wait;

	pthread_mutex_lock(&pool.lock);
	if (!fresh && pool.idle) {
		conn = pool.idle;
		pool.idle = conn->next;
		pool.idle_count--;
	}
	wait = pool.down && mono_ms() < pool.down_until;
	pthread_mutex_unlock(&pool.lock);
	if (conn) {
		c = conn->c;
		free(conn);
		return c;
	}
	return wait ? NULL : open_context(COMMAND_MS);
}

static void give_back(redisContext *c)
{
	struct conn *conn;

	if (c->err) {
		redisFree(c);
		return;
	}
	conn = xmalloc(sizeof(*conn));
	conn->c = c;
	pthread_mutex_lock(&pool.lock);
	if (pool.idle_count < IDLE_MAX) {
		conn->next = pool.idle;
		pool.idle = conn;
		pool.idle_count++;
		conn = NULL;
	}
	pthread_mutex_unlock(&pool.lock);
	if (conn) {
		redisFree(c);
		free(conn);
	}
}

void redis_shutdown(void)
{
	while (pool.idle) {
		struct conn *conn = pool.idle;

		pool.idle = conn->next;
		redisFree(conn->c);
		free(conn);
	}
	pool.idle_count = 0;
	free(pool.host);
	free(pool.password);
	free(pool.prefix);
	pool.host = pool.password = pool.prefix = NULL;
	pool.configured = false;
}

static void free_reply_cb(void *p)
{
	freeReplyObject(p);
}

static int keep_reply(struct arena *a, redisReply *r, struct redis_reply **out)
{
	if (!r)
		return -1;
	if (a)
		arena_defer(a, free_reply_cb, r);
	if (out)
		*out = (struct redis_reply *)r;
	if (r->type == REDIS_REPLY_ERROR) {
		log_error("redis_error", "error=\"%s\"", r->str);
		return -1;
	}
	return r->type != REDIS_REPLY_NIL;
}

/* Send bytes on a pooled connection and read `n` replies; once more when it was dead. */
static bool exchange(const char *wire, size_t len, size_t n, redisReply **replies)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		redisContext *c = borrow(attempt > 0);
		size_t got = 0;

		if (!c)
			return false;
		redisAppendFormattedCommand(c, wire, len);
		while (got < n && redisGetReply(c, (void **)&replies[got]) == REDIS_OK)
			got++;
		if (got == n) {
			give_back(c);
			return true;
		}
		note_down(c->errstr);
		redisFree(c);
		while (got)
			freeReplyObject(replies[--got]);
		pthread_mutex_lock(&pool.lock);
		pool.down_until = 0;	/* the idle connection was stale: a new one may work */
		pthread_mutex_unlock(&pool.lock);
	}
	return false;
}

int redis_run_argv(struct arena *a, struct redis_reply **out, int argc, const char *const *argv,
		   const size_t *lens)
{
	redisReply *r = NULL;
	char *wire = NULL;
	long long n = redisFormatCommandArgv(&wire, argc, (const char **)(uintptr_t)argv, lens);
	bool ok;
	int rc;

	if (n < 0)
		abort();
	ok = exchange(wire, (size_t)n, 1, &r);
	free(wire);
	if (!ok)
		return -1;
	rc = keep_reply(a, r, out);
	if (!a)
		freeReplyObject(r);
	return rc;
}

struct redis_batch *redis_batch_new(struct arena *a)
{
	struct redis_batch *b = arena_alloc(a, sizeof(*b));

	b->wire = buf_in(a, 0);
	return b;
}

void redis_batch_add_argv(struct redis_batch *b, int argc, const char *const *argv, const size_t *lens)
{
	buf_printf(b->wire, "*%d\r\n", argc);
	for (int i = 0; i < argc; i++) {
		size_t n = lens ? lens[i] : strlen(argv[i]);

		buf_printf(b->wire, "$%zu\r\n", n);
		buf_add(b->wire, argv[i], n);
		buf_adds(b->wire, "\r\n");
	}
	b->count++;
}

size_t redis_batch_count(const struct redis_batch *b)
{
	return b->count;
}

void redis_batch_append(struct redis_batch *b, struct redis_batch *from)
{
	if (!from->count)
		return;
	buf_add(b->wire, from->wire->data, from->wire->len);
	b->wire->full = b->wire->full || from->wire->full;
	b->count += from->count;
	buf_reset(from->wire);
	from->count = 0;
}

int redis_batch_run(struct redis_batch *b, struct arena *a, struct redis_reply ***replies)
{
	redisReply **r = xcalloc(b->count, sizeof(*r));
	size_t n = b->count;
	bool ok = !b->wire->full && (!n || exchange(b->wire->data, b->wire->len, n, r));

	buf_reset(b->wire);
	b->count = 0;
	if (ok && replies)
		*replies = arena_calloc(a, n + 1, sizeof(**replies));
	for (size_t i = 0; ok && i < n; i++) {
		if (!replies)
			freeReplyObject(r[i]);
		else
			keep_reply(a, r[i], &(*replies)[i]);
	}
	free(r);
	return ok ? 1 : -1;
}

static const redisReply *plain(const struct redis_reply *r)
{
	return (const redisReply *)r;
}

const char *reply_text(const struct redis_reply *r)
{
	bool text = r && (plain(r)->type == REDIS_REPLY_STRING || plain(r)->type == REDIS_REPLY_STATUS);

	return text ? plain(r)->str : NULL;
}

size_t reply_len(const struct redis_reply *r)
{
	if (!r)
		return 0;
	return plain(r)->type == REDIS_REPLY_ARRAY ? plain(r)->elements : (size_t)plain(r)->len;
}

int64_t reply_int(const struct redis_reply *r, int64_t def)
{
	int64_t v = def;

	if (r && plain(r)->type == REDIS_REPLY_INTEGER)
		return plain(r)->integer;
	text_to_i64(reply_text(r), INT64_MIN, INT64_MAX, &v);
	return v;
}

bool reply_is_nil(const struct redis_reply *r)
{
	return !r || plain(r)->type == REDIS_REPLY_NIL;
}

const struct redis_reply *reply_item(const struct redis_reply *r, size_t i)
{
	if (!r || plain(r)->type != REDIS_REPLY_ARRAY || i >= plain(r)->elements)
		return NULL;
	return (const struct redis_reply *)plain(r)->element[i];
}

struct redis_link *redis_link_open(int timeout_ms)
{
	redisContext *c = open_context(timeout_ms);
	struct redis_link *l;

	if (!c)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->c = c;
	return l;
}

void redis_link_close(struct redis_link *l)
{
	if (!l)
		return;
	redisFree(l->c);
	free(l);
}

int redis_link_fd(const struct redis_link *l)
{
	return l->c->fd;
}

int redis_link_run_argv(struct redis_link *l, struct arena *a, struct redis_reply **out, int argc,
			const char *const *argv)
{
	return keep_reply(a, redisCommandArgv(l->c, argc, (const char **)(uintptr_t)argv, NULL), out);
}

int redis_link_read(struct redis_link *l, struct arena *a, struct redis_reply **out)
{
	void *r = NULL;

	if (redisGetReply(l->c, &r) == REDIS_OK)
		return keep_reply(a, r, out) < 0 ? -1 : 1;
	if (l->c->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		l->c->err = 0;
		l->c->errstr[0] = '\0';
		return 0;
	}
	return -1;
}
