/* vector_pg - vectors in PostgreSQL's table document_chunk; sql/functions/vector.sql does the work. */

#include "rag/vector.h"

#include <stdatomic.h>

#include "base/env.h"
#include "db/db.h"

enum { LENGTH = 1536, LENGTH_MAX = EMBED_DIMENSIONS_MAX };

/* Length of the column's vectors; 0: not asked yet. */
static _Atomic int known_length;

/* Make sure that the table is there; its length, or -1. */
static int column_length(struct db *db, struct arena *a)
{
	int length = atomic_load(&known_length);
	struct rows *rows;

	if (length)
		return length;
	length = (int)env_int("PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH", LENGTH, 1, LENGTH_MAX);
	if (db_run(db, a, &rows, Q_VECTOR_ENSURE, arena_printf(a, "%d", length),
		   env_bool("PGVECTOR_USE_HALFVEC", false) ? "t" : "f",
		   env_bool("PGVECTOR_CREATE_EXTENSION", true) ? "t" : "f") <= 0)
		return -1;
	length = (int)rows_i64(rows, 0, 0, length);
	atomic_store(&known_length, length);
	return length;
}

/* [1,2,…] of exactly `length` numbers: PostgreSQL's text of a vector, and JSON. */
static void add_vector(struct buf *b, struct embedding v, int length)
{
	buf_addc(b, '[');
	for (int i = 0; i < length; i++)
		buf_printf(b, i ? ",%.8g" : "%.8g", (size_t)i < v.n ? (double)v.v[i] : 0.0);
	buf_addc(b, ']');
}

static int pg_put(struct db *db, struct arena *a, const char *collection, const struct vector_item *items,
		  size_t n)
{
	int length = column_length(db, a);
	struct buf *b = buf_in(a, 0);

	if (length < 0)
		return -1;
	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? ",{\"id\":" : "{\"id\":");
		buf_json(b, items[i].id);
		buf_adds(b, ",\"text\":");
		buf_json(b, items[i].text);
		buf_printf(b, ",\"metadata\":%s,\"vector\":", items[i].metadata ? items[i].metadata : "{}");
		add_vector(b, items[i].vector, length);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	return db_run(db, a, NULL, Q_VECTOR_PUT, collection, buf_text(b)) < 0 ? -1 : 1;
}

static int pg_search(struct db *db, struct arena *a, const char *collection, struct embedding v,
		     const char *filter, size_t limit, struct vector_hit **hits, size_t *n)
{
	int length = column_length(db, a);
	struct buf *b = buf_in(a, 0);
	struct rows *rows;

	if (length < 0)
		return -1;
	add_vector(b, v, length);
	if (limit > VECTOR_HITS_MAX)
		limit = VECTOR_HITS_MAX;
	if (db_run(db, a, &rows, Q_VECTOR_SEARCH, collection, buf_text(b), filter,
		   arena_printf(a, "%zu", limit)) < 0)
		return -1;
	*n = rows_count(rows);
	*hits = arena_calloc(a, *n + 1, sizeof(**hits));
	for (size_t i = 0; i < *n; i++) {
		(*hits)[i] = (struct vector_hit){ rows_text(rows, i, 0), rows_text(rows, i, 1),
						  rows_text(rows, i, 2), 0 };
		text_to_double(rows_text(rows, i, 3), &(*hits)[i].score);
	}
	return 1;
}

static int pg_del(struct db *db, struct arena *a, const char *collection, const char *ids)
{
	return db_run(db, a, NULL, Q_VECTOR_DELETE, collection, ids) < 0 ? -1 : 1;
}

const struct vector_ops vector_pg = { "pgvector", pg_put, pg_search, pg_del };

const struct vector_ops *vector_store(void)
{
	return &vector_pg;
}
