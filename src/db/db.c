#include "db/db.h"

#include <libpq-fe.h>
#include <pthread.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

enum {
	WAIT_FREE_MS = 5000,
	RETRY_CONNECT_MS = 250,
	LARGE_BYTES = 4 * 1024 * 1024,
	PREPARED_WORDS = (Q_COUNT + 63) / 64,
};

struct db {
	PGconn *conn;			/* NULL: not connected */
	struct db *next;		/* in the free list */
	enum db_fault fault;
	char message[256];
	bool in_transaction;
	bool no_slot;			/* stands for "no free connection" */
	uint64_t prepared[PREPARED_WORDS];
	bool large;			/* its buffers have grown too large to be kept */
};

struct rows {
	PGresult *res;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct db *free;
	int open, max;
	char *url;
	char *application_name;
	int64_t down_until;		/* mono_ms before which we do not try to connect */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER };

static _Thread_local uint64_t round_trips;

/* postgresql+psycopg2://… → postgresql://… */
static char *plain_url(const char *url)
{
	const char *plus = strchr(url, '+'), *colon = strstr(url, "://");
	struct buf b = BUF_INIT;

	if (plus && colon && plus < colon) {
		buf_add(&b, url, (size_t)(plus - url));
		buf_adds(&b, colon);
	} else {
		buf_adds(&b, url);
	}
	return b.data ? b.data : xstrdup("");
}

void db_setup(const char *url, int max, const char *application_name)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool.freed, &attr);
	pool.url = plain_url(url);
	pool.max = max;
	pool.application_name = xstrdup(application_name);
}

void db_shutdown(void)
{
	while (pool.free) {
		struct db *db = pool.free;

		pool.free = db->next;
		PQfinish(db->conn);
		free(db);
	}
	free(pool.url);
	free(pool.application_name);
	pool.url = pool.application_name = NULL;
}

static struct db *take_free(void)
{
	struct db *db = pool.free;

	if (db) {
		pool.free = db->next;
	} else if (pool.open < pool.max) {
		db = xcalloc(1, sizeof(*db));
		pool.open++;
	}
	return db;
}

struct db *db_get(void)
{
	struct timespec until;
	struct db *db;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_FREE_MS / 1000;
	pthread_mutex_lock(&pool.lock);
	while (!(db = take_free()))
		if (pthread_cond_timedwait(&pool.freed, &pool.lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&pool.lock);
	if (!db) {
		db = xcalloc(1, sizeof(*db));
		db->no_slot = true;
	}
	db->fault = DB_OK;
	db->message[0] = '\0';
	return db;
}

static void disconnect(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->in_transaction = false;
	memset(db->prepared, 0, sizeof(db->prepared));
}

void db_put(struct db *db)
{
	if (!db)
		return;
	if (db->no_slot) {
		free(db);
		return;
	}
	if (db->in_transaction)
		db_rollback(db);
	if (db->large && db->conn)
		disconnect(db);
	db->large = false;
	pthread_mutex_lock(&pool.lock);
	db->next = pool.free;
	pool.free = db;
	pthread_cond_signal(&pool.freed);
	pthread_mutex_unlock(&pool.lock);
}

/* libpq keeps a connection's buffers as large as they ever were: one that has carried that much is not
 * worth keeping. */
static void note_size(struct db *db, const PGresult *res, size_t n, const char *const *params)
{
	db->large = db->large || PQresultMemorySize(res) > LARGE_BYTES;
	for (size_t i = 0; i < n && !db->large; i++)
		db->large = params[i] && strnlen(params[i], LARGE_BYTES + 1) > LARGE_BYTES;
}

static void put_cb(void *p)
{
	db_put(p);
}

struct db *db_get_in(struct arena *a)
{
	struct db *db = db_get();

	arena_defer(a, put_cb, db);
	return db;
}

static void note(struct db *db, enum db_fault fault, const char *message)
{
	db->fault = fault;
	snprintf(db->message, sizeof(db->message), "%s", message ? message : "");
	for (char *p = db->message; *p; p++)
		if (*p == '\n')
			*p = ' ';
}

static void notice_cb(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

/* While PostgreSQL is away, one attempt every RETRY_CONNECT_MS is enough for all threads. */
static bool may_try(void)
{
	bool yes;

	pthread_mutex_lock(&pool.lock);
	yes = mono_ms() >= pool.down_until;
	pthread_mutex_unlock(&pool.lock);
	return yes;
}

static void set_down(bool down)
{
	pthread_mutex_lock(&pool.lock);
	pool.down_until = down ? mono_ms() + RETRY_CONNECT_MS : 0;
	pthread_mutex_unlock(&pool.lock);
}

static bool connect_db(struct db *db)
{
	const char *const keys[] = { "dbname", "application_name", "connect_timeout", "options",
				     "client_encoding", "keepalives_idle", NULL };
	/* Our statements are prepared once and run for ever: planning each call would cost more than
	 * running it. */
	const char *const values[] = { pool.url, pool.application_name, "5", "-c jit=off -c plan_cache_mode=force_generic_plan",
				       "UTF8", "30", NULL };

	if (db->conn && PQstatus(db->conn) == CONNECTION_OK)
		return true;
	if (db->conn)
		disconnect(db);
	if (db->no_slot) {
		note(db, DB_BUSY, "no free connection");
		return false;
	}
	if (!may_try()) {
		note(db, DB_DOWN, "PostgreSQL cannot be reached");
		return false;
	}
	db->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(db->conn) != CONNECTION_OK) {
		note(db, DB_DOWN, PQerrorMessage(db->conn));
		log_warn("postgresql_down", "error=\"%s\"", db->message);
		disconnect(db);
		set_down(true);
		return false;
	}
	set_down(false);
	PQsetNoticeReceiver(db->conn, notice_cb, NULL);
	return true;
}

static void clear_cb(void *p)
{
	PQclear(p);
}

static enum db_fault fault_of(const char *state)
{
	static const struct {
		const char *prefix;
		enum db_fault fault;
	} known[] = {
		{ "23505", DB_UNIQUE },	  { "40001", DB_CONFLICT }, { "40P01", DB_CONFLICT },
		{ "P0001", DB_RAISED },	  { "22", DB_BAD_INPUT },   { "08", DB_DOWN },
		{ "57P", DB_DOWN },	  { "53", DB_BUSY },
	};

	for (size_t i = 0; state && i < ARRAY_SIZE(known); i++)
		if (text_starts(state, known[i].prefix))
			return known[i].fault;
	return DB_OTHER;
}

static int fail(struct db *db, const PGresult *res, enum query q)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *text = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	bool lost = PQstatus(db->conn) != CONNECTION_OK;

	note(db, lost ? DB_DOWN : fault_of(state), text ? text : PQerrorMessage(db->conn));
	if (db->fault == DB_OTHER || db->fault == DB_DOWN || db->fault == DB_BAD_INPUT)
		log_error("query_failed", "query=%s state=%s error=\"%s\"", query_name(q),
			  state ? state : "-", db->message);
	if (lost)
		disconnect(db);
	return -1;
}

static int take_result(struct db *db, struct arena *a, PGresult *res, struct rows **out,
		       enum query q)
{
	ExecStatusType status = PQresultStatus(res);
	struct rows *rows;

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		int rc = fail(db, res, q);

		PQclear(res);
		return rc;
	}
	db->fault = DB_OK;
	rows = arena_alloc(a, sizeof(*rows));
	rows->res = res;
	arena_defer(a, clear_cb, res);
	if (out)
		*out = rows;
	return PQntuples(res) > 0 || (status == PGRES_COMMAND_OK && rows_affected(rows) > 0);
}

static bool is_prepared(const struct db *db, enum query q)
{
	return db->prepared[q / 64] >> (q % 64) & 1;
}

static void set_prepared(struct db *db, enum query q)
{
	db->prepared[q / 64] |= (uint64_t)1 << (q % 64);
}

static bool prepare(struct db *db, enum query q)
{
	const struct query_def *d = &query_defs[q];
	PGresult *res;
	bool ok;

	if (is_prepared(db, q))
		return true;
	res = PQprepare(db->conn, d->name, d->sql, (int)d->nparams, d->types);
	ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	if (ok)
		set_prepared(db, q);
	else
		fail(db, res, q);
	PQclear(res);
	return ok;
}

/* Nothing reached the server yet when the connection was already dead: such a call may be repeated. */
static bool was_dead(struct db *db, bool in_transaction)
{
	return !db->conn && !in_transaction && db->fault == DB_DOWN;
}

static int run_once(struct db *db, struct arena *a, struct rows **out, enum query q,
		    const char *const *params)
{
	const struct query_def *d = &query_defs[q];
	PGresult *res;

	if (!connect_db(db) || !prepare(db, q))
		return -1;
	round_trips++;
	res = PQexecPrepared(db->conn, d->name, (int)d->nparams, params, NULL, NULL, 0);
	note_size(db, res, d->nparams, params);
	return take_result(db, a, res, out, q);
}

/* A server that went away while we were idle is noticed before the statement is sent. */
static void drop_dead(struct db *db)
{
	if (db->conn && !db->in_transaction && PQconsumeInput(db->conn) == 0)
		disconnect(db);
}

int db_run_v(struct db *db, struct arena *a, struct rows **out, enum query q, size_t n,
	     const char *const *params)
{
	bool was_in = db->in_transaction;
	int rc;

	if (n != query_defs[q].nparams)
		die("query_parameters", "query=%s given=%zu wanted=%zu", query_name(q), n,
		    query_defs[q].nparams);
	drop_dead(db);
	rc = run_once(db, a, out, q, params);
	if (rc < 0 && was_dead(db, was_in) && text_starts(query_defs[q].sql, "SELECT"))
		rc = run_once(db, a, out, q, params);
	return rc;
}

static int pipeline_result(struct db *db, struct arena *a, struct rows **out, enum query q, int rc)
{
	PGresult *res = PQgetResult(db->conn), *end;
	int mine;

	if (!res)
		return fail(db, NULL, q);
	end = PQgetResult(db->conn);
	PQclear(end);
	if (rc < 0) {
		PQclear(res);
		return rc;
	}
	mine = take_result(db, a, res, out, q);
	return mine;
}

int db_run_two(struct db *db, struct arena *a, enum query q1, const char *const *p1,
	       struct rows **out1, enum query q2, const char *const *p2, struct rows **out2)
{
	const struct query_def *d1 = &query_defs[q1], *d2 = &query_defs[q2];
	PGresult *sync;
	int rc1, rc2;

	drop_dead(db);
	if (!connect_db(db) || !prepare(db, q1) || !prepare(db, q2))
		return -1;
	round_trips++;
	if (!PQenterPipelineMode(db->conn) ||
	    !PQsendQueryPrepared(db->conn, d1->name, (int)d1->nparams, p1, NULL, NULL, 0) ||
	    !PQsendQueryPrepared(db->conn, d2->name, (int)d2->nparams, p2, NULL, NULL, 0) ||
	    !PQpipelineSync(db->conn)) {
		fail(db, NULL, q1);
		if (db->conn)
			disconnect(db);
		return -1;
	}
	rc1 = pipeline_result(db, a, out1, q1, 0);
	rc2 = db->conn ? pipeline_result(db, a, out2, q2, rc1) : -1;
	if (!db->conn)
		return -1;
	sync = PQgetResult(db->conn);
	PQclear(sync);
	if (!PQexitPipelineMode(db->conn))
		disconnect(db);
	return rc1 < 0 || rc2 < 0 ? -1 : 1;
}

int db_exec_text(struct db *db, struct arena *a, struct rows **out, const char *sql)
{
	if (!connect_db(db))
		return -1;
	round_trips++;
	return take_result(db, a, PQexec(db->conn, sql), out, Q_NONE);
}

static bool command(struct db *db, const char *sql)
{
	PGresult *res;
	bool ok;

	round_trips++;
	res = PQexec(db->conn, sql);
	ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	if (!ok)
		fail(db, res, Q_NONE);
	PQclear(res);
	return ok;
}

bool db_begin(struct db *db)
{
	drop_dead(db);
	if (!connect_db(db))
		return false;
	db->in_transaction = command(db, "BEGIN");
	return db->in_transaction;
}

bool db_commit(struct db *db)
{
	bool failed;

	if (!db->conn || !db->in_transaction)
		return false;
	failed = PQtransactionStatus(db->conn) == PQTRANS_INERROR;
	db->in_transaction = false;
	return command(db, failed ? "ROLLBACK" : "COMMIT") && !failed;
}

void db_rollback(struct db *db)
{
	enum db_fault fault = db->fault;

	if (db->conn && db->in_transaction)
		command(db, "ROLLBACK");
	db->in_transaction = false;
	db->fault = fault;
}

enum db_fault db_error(const struct db *db)
{
	return db->fault;
}

const char *db_message(const struct db *db)
{
	return db->message;
}

size_t rows_count(const struct rows *r)
{
	return (size_t)PQntuples(r->res);
}

size_t rows_affected(const struct rows *r)
{
	int64_t n = 0;

	text_to_i64(PQcmdTuples(r->res), 0, INT64_MAX, &n);
	return (size_t)n;
}

const char *rows_text(const struct rows *r, size_t row, size_t col)
{
	if (row >= rows_count(r) || PQgetisnull(r->res, (int)row, (int)col))
		return NULL;
	return PQgetvalue(r->res, (int)row, (int)col);
}

size_t rows_len(const struct rows *r, size_t row, size_t col)
{
	return (size_t)PQgetlength(r->res, (int)row, (int)col);
}

int64_t rows_i64(const struct rows *r, size_t row, size_t col, int64_t def)
{
	int64_t v = def;

	text_to_i64(rows_text(r, row, col), INT64_MIN, INT64_MAX, &v);
	return v;
}

bool rows_bool(const struct rows *r, size_t row, size_t col)
{
	const char *v = rows_text(r, row, col);

	return v && *v == 't';
}

uint64_t db_round_trips(void)
{
	return round_trips;
}

const char *query_name(enum query q)
{
	return query_defs[q].name;
}

const char *query_sql(enum query q)
{
	return query_defs[q].sql;
}

size_t query_params(enum query q)
{
	return query_defs[q].nparams;
}

int db_run_alone_v(struct arena *a, struct rows **out, struct db_failure *why, enum query q, size_t n,
		   const char *const *params)
{
	struct db *db = db_get();
	int rc = db_run_v(db, a, out, q, n, params);

	if (rc < 0 && why)
		*why = (struct db_failure){ db_error(db), arena_strdup(a, db_message(db)) };
	db_put(db);
	return rc;
}
