#include "search/index.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "search/grams.h"

enum { GRAMS_MAX = 64 * 1024 * 1024 };

/* A chat that is gone has no row, and its index went with it. */
static int index_chat(struct db *db, struct arena *a, const char *chat)
{
	struct rows *rows;
	struct buf *grams;
	int rc = db_run(db, a, &rows, Q_SEARCH_BODY, chat);

	if (rc <= 0)
		return rc;
	grams = buf_in(a, GRAMS_MAX);
	grams_of_text(grams, rows_text(rows, 0, 0), (struct str){ rows_text(rows, 0, 1), rows_len(rows, 0, 1) });
	return db_run(db, a, NULL, Q_SEARCH_PUT, chat, rows_text(rows, 0, 1), buf_text(grams));
}

int search_index_batch(struct db *db, struct arena *a, int64_t rest_s)
{
	const char *age = arena_i64(a, rest_s);
	struct rows *rows;

	if (!db_begin(db) ||
	    db_run(db, a, &rows, Q_SEARCH_TAKE, age, arena_printf(a, "%d", SEARCH_BATCH)) < 0)
		return -1;
	for (size_t i = 0; i < rows_count(rows); i++) {
		struct arena *one = arena_new();
		int rc = index_chat(db, one, rows_text(rows, i, 0));

		arena_free(one);
		if (rc < 0)
			return -1;
	}
	return db_commit(db) ? (int)rows_count(rows) : -1;
}

static void *run(void *unused UNUSED)
{
	for (;;) {
		struct arena *a = arena_new();
		struct db *db = db_get();
		int n = search_index_batch(db, a, SEARCH_REST_S);

		if (n < 0 && db_error(db) != DB_DOWN)
			log_warn("search_index_failed", "error=\"%s\"", db_message(db));
		db_put(db);
		arena_free(a);
		if (n < SEARCH_BATCH)
			sleep_ms(SEARCH_POLL_MS);
	}
	return NULL;
}

void search_index_start(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, NULL) != 0)
		die("search_index_thread", "errno=%d", errno);
	pthread_detach(thread);
}
