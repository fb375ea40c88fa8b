/*
 * Every statement of sql/queries is prepared on a migrated database, so that none of them names a
 * table, column or function that is not there.  Needs OWUI_TEST_DATABASE_URL; migrates it.
 */

#include <libpq-fe.h>

#include "db/db.h"
#include "migrate/migrate.h"

enum { SKIPPED = 77 };

static void say(const char *step)
{
	printf("%s\n", step);
}

static bool migrate(void)
{
	struct arena *a = arena_new();
	const char *err = "";
	bool ok = migrate_run(db_get_in(a), a, say, &err);

	if (!ok)
		printf("migrate: %s\n", err);
	arena_free(a);
	return ok;
}

static int prepare_all(PGconn *conn)
{
	int failed = 0;

	for (int i = 1; i < Q_COUNT; i++) {
		const struct query_def *d = &query_defs[i];
		PGresult *res = PQprepare(conn, d->name, d->sql, (int)d->nparams, d->types);

		if (PQresultStatus(res) != PGRES_COMMAND_OK) {
			printf("FAILED %s: %s", d->name, PQresultErrorMessage(res));
			failed++;
		}
		PQclear(res);
	}
	printf("%d statements, %d failed\n", Q_COUNT - 1, failed);
	return failed;
}

int main(void)
{
	const char *url = getenv("OWUI_TEST_DATABASE_URL");
	PGconn *conn;
	int failed;

	if (!url || !*url)
		return SKIPPED;
	db_setup(url, 1, "owui-test");
	failed = !migrate();
	conn = PQconnectdb(url);
	failed = failed || prepare_all(conn);
	PQfinish(conn);
	db_shutdown();
	return failed;
}
