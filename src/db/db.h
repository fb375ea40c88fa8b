#ifndef OW_DB_H
#define OW_DB_H

/*
 * db - PostgreSQL: a pool of connections and the statements of sql/queries.
 *
 * A statement is named by its enum query (Q_FOLDER_LIST), generated from
 * sql/queries, prepared once per connection when it is first used.  Parameters
 * are texts (NULL is SQL NULL); results are texts that live in the arena.
 *
 * A connection is borrowed for a query or a transaction and given back; it is
 * never held while waiting for anything but PostgreSQL.
 *
 *	struct rows *rows;
 *	if (db_run(db, a, &rows, Q_FOLDER_LIST, user_id) > 0)
 *		send(rows_text(rows, 0, 0));
 *
 * Results: 1 rows, 0 none, -1 failed: db_error() says why.  A lost connection
 * is opened again at its next use; a statement outside a transaction whose
 * connection turns out to be dead before anything was sent is tried again.
 */

#include "base/arena.h"
#include "db/queries.h"

struct db;
struct rows;

/* What the caller can do about a failure. */
enum db_fault {
	DB_OK,
	DB_DOWN,		/* no connection: answer 503 */
	DB_BUSY,		/* no free connection within the time limit: 503 */
	DB_UNIQUE,		/* unique_violation 23505 */
	DB_CONFLICT,		/* serialization_failure, deadlock: try again */
	DB_RAISED,		/* raise_exception P0001 from one of our functions: db_message() */
	DB_BAD_INPUT,		/* class 22: a value PostgreSQL does not take */
	DB_OTHER,
};

/* Set up the pool; connects lazily. `url` as DATABASE_URL (postgresql://, postgres://,
 * a +driver suffix is dropped); at most `max` connections.  Call once. */
void db_setup(const char *url, int max, const char *application_name);
void db_shutdown(void);

/* Borrow a connection; waits at most 5 s for a free one.  Never NULL: when there is no
 * connection, each use fails with DB_DOWN or DB_BUSY.  Give it back with db_put(). */
struct db *db_get(void);
void db_put(struct db *db);

/* db_get() that is given back by the arena: for an arena that goes soon.  Not for a turn's, which waits for providers. */
struct db *db_get_in(struct arena *a);

/* Run one statement with `n` parameters, n as declared in sql/queries. */
int db_run_v(struct db *db, struct arena *a, struct rows **out, enum query q, size_t n,
	     const char *const *params);
#define db_run(db, a, out, q, ...)                                                              \
	db_run_v(db, a, out, q, sizeof((const char *[]){ NULL, ##__VA_ARGS__ }) / sizeof(char *) - 1, \
		 (const char *[]){ NULL, ##__VA_ARGS__ } + 1)

/* The same on a connection that is borrowed for this statement alone: for what waits for others in
 * between.  *why (may be NULL) is filled when it failed. */
struct db_failure {
	enum db_fault fault;
	const char *message;		/* of the arena */
};
int db_run_alone_v(struct arena *a, struct rows **out, struct db_failure *why, enum query q, size_t n,
		   const char *const *params);
#define db_run_alone(a, out, why, q, ...)                                                       \
	db_run_alone_v(a, out, why, q, sizeof((const char *[]){ NULL, ##__VA_ARGS__ }) / sizeof(char *) - 1, \
		       (const char *[]){ NULL, ##__VA_ARGS__ } + 1)

/* Two statements in one round trip (libpq pipeline, one implicit transaction).  Both run:
 * use it only where the second changes nothing.  The result is that of the first failure. */
int db_run_two(struct db *db, struct arena *a, enum query q1, const char *const *p1,
	       struct rows **out1, enum query q2, const char *const *p2, struct rows **out2);

/* Transactions; db_put() and a failed statement roll back. */
bool db_begin(struct db *db);
bool db_commit(struct db *db);
void db_rollback(struct db *db);

/* SQL that is not in sql/queries: migrations and tests only. */
int db_exec_text(struct db *db, struct arena *a, struct rows **out, const char *sql);

enum db_fault db_error(const struct db *db);	/* of the last call */
const char *db_message(const struct db *db);	/* its primary message, "" for none */

size_t rows_count(const struct rows *r);
size_t rows_affected(const struct rows *r);
/* A value; NULL for SQL NULL.  Columns count from 0. */
const char *rows_text(const struct rows *r, size_t row, size_t col);
size_t rows_len(const struct rows *r, size_t row, size_t col);
int64_t rows_i64(const struct rows *r, size_t row, size_t col, int64_t def);
bool rows_bool(const struct rows *r, size_t row, size_t col);

/* Round trips made by this thread since the start, without those that prepare a statement at its first
 * use on a connection: a test counts them. */
uint64_t db_round_trips(void);

/* The statement's name and text, for tests and logs. */
const char *query_name(enum query q);
const char *query_sql(enum query q);
size_t query_params(enum query q);

#endif
