#include "migrate/migrate.h"

#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "db/db.h"

/* Any number that no other program uses for its advisory lock. */
#define LOCK "8214620113"

#define PREFIX "functions/"

/* Functions that an index, a trigger or a view needs stay, and are replaced in place. */
static const char drop_functions[] =
	"DO $do$ DECLARE f regprocedure; BEGIN"
	" FOR f IN SELECT p.oid::regprocedure FROM pg_proc p"
	"  WHERE p.pronamespace = 'owui'::regnamespace AND p.prokind = 'f'"
	"  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass"
	"   AND d.refobjid = p.oid AND d.classid <> 'pg_proc'::regclass)"
	" LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || f || ' CASCADE'; END LOOP; END $do$";

/* pgvector holds the vectors where it is installed; everything works without it. */
static const char want_vector[] =
	"DO $do$ BEGIN"
	" IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN"
	"  CREATE EXTENSION IF NOT EXISTS vector; END IF;"
	" EXCEPTION WHEN OTHERS THEN NULL; END $do$";

static const char look_tables[] =
	"SELECT to_regclass('alembic_version') IS NOT NULL, to_regclass('owui.migration') IS NOT NULL,"
	" count(*), min(relname) FROM pg_class c"
	" WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
	" AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
	"  AND d.objid = c.oid AND d.deptype = 'e')";

/* Checksums of what was applied, by name; the map goes with the arena. */
struct applied {
	bool empty;			/* no table yet */
	struct map *sums;
};

static void free_map(void *m)
{
	map_free(m, NULL);
}

static const char *sum_of(const struct applied *have, const char *prefix, const char *name)
{
	char key[128];

	snprintf(key, sizeof(key), "%s%s", prefix, name);
	return map_get(have->sums, key);
}

static bool read_applied(struct db *db, struct arena *a, struct applied *have)
{
	struct rows *rows;

	if (db_exec_text(db, a, &rows, "SELECT name, checksum FROM owui.migration") < 0)
		return false;
	for (size_t i = 0; i < rows_count(rows); i++)
		map_set(have->sums, rows_text(rows, i, 0), arena_strdup(a, rows_text(rows, i, 1)));
	return true;
}

static enum migrate_state failed(struct db *db, struct arena *a, const char **advice)
{
	*advice = arena_printf(a, "PostgreSQL: %s", db_message(db));
	return db_error(db) == DB_DOWN || db_error(db) == DB_BUSY ? MIGRATE_DOWN : MIGRATE_REFUSED;
}

static enum migrate_state compare(const struct applied *have, struct arena *a, const char **advice)
{
	const struct sql_file *f;
	size_t at = 0, known = 0, migrations = 0;
	const char *key;
	void *sum;

	for (f = sql_migrations; f->name; f++) {
		const char *was = sum_of(have, "", f->name);

		if (was && strcmp(was, f->checksum) != 0) {
			*advice = arena_printf(a, "migration %s was applied from another text than this "
					       "program has: use the program that made this database", f->name);
			return MIGRATE_REFUSED;
		}
		known += was != NULL;
	}
	while (map_next(have->sums, &at, &key, &sum))
		migrations += !text_starts(key, PREFIX);
	if (migrations > known) {
		*advice = "the database was migrated by a newer open-webui-c: update this program";
		return MIGRATE_REFUSED;
	}
	*advice = "the database is not migrated: run `owuictl migrate`";
	if (known < (size_t)(f - sql_migrations))
		return MIGRATE_PENDING;
	for (f = sql_functions; f->name; f++)
		if (!text_eq(sum_of(have, PREFIX, f->name), f->checksum))
			return MIGRATE_PENDING;
	*advice = "the database is up to date";
	return MIGRATE_CURRENT;
}

static enum migrate_state no_alembic(const struct rows *rows, struct arena *a, const char **advice)
{
	if (rows_i64(rows, 0, 2, 0) == 0 && !rows_bool(rows, 0, 1)) {
		*advice = "the database is empty: run `owuictl migrate`";
		return MIGRATE_EMPTY;
	}
	*advice = arena_printf(a, "the database holds %" PRId64 " tables (\"%s\", …) that Open WebUI did not make: "
			       "it is left untouched; give DATABASE_URL an empty database, or one of "
			       "Open WebUI " OWUI_REFERENCE_VERSION,
			       rows_i64(rows, 0, 2, 0), rows_text(rows, 0, 3) ? rows_text(rows, 0, 3) : "");
	return MIGRATE_REFUSED;
}

static enum migrate_state look(struct db *db, struct arena *a, struct applied *have,
			       const char **advice)
{
	struct rows *rows, *version;
	const char *found;

	have->empty = false;
	have->sums = map_new();
	arena_defer(a, free_map, have->sums);
	if (db_exec_text(db, a, &rows, look_tables) < 0)
		return failed(db, a, advice);
	if (!rows_bool(rows, 0, 0)) {
		enum migrate_state state = no_alembic(rows, a, advice);

		have->empty = state == MIGRATE_EMPTY;
		return state;
	}
	if (db_exec_text(db, a, &version, "SELECT version_num FROM alembic_version") < 0)
		return failed(db, a, advice);
	found = rows_text(version, 0, 0);
	if (rows_count(version) != 1 || !text_eq(found, MIGRATE_TABLES_VERSION)) {
		*advice = arena_printf(a, "the tables are of schema version %s, and only %s (Open WebUI "
				       OWUI_REFERENCE_VERSION ") is understood: nothing was touched. Make a backup, "
				       "start Open WebUI " OWUI_REFERENCE_VERSION " once on this database so that it "
				       "brings it to its version, and migrate again",
				       found ? found : "(none)", MIGRATE_TABLES_VERSION);
		return MIGRATE_REFUSED;
	}
	if (rows_bool(rows, 0, 1) && !read_applied(db, a, have))
		return failed(db, a, advice);
	return compare(have, a, advice);
}

enum migrate_state migrate_look(struct db *db, struct arena *a, const char **advice)
{
	struct applied have;

	return look(db, a, &have, advice);
}

static bool run_text(struct db *db, struct arena *a, const char *sql, const char *what,
		     const char **err)
{
	if (db_exec_text(db, a, NULL, sql) >= 0)
		return true;
	*err = arena_printf(a, "%s: %s", what, db_message(db));
	return false;
}

static bool record(struct db *db, struct arena *a, const char *prefix, const struct sql_file *f,
		   const char **err)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", prefix, f->name);
	if (db_run(db, a, NULL, Q_MIGRATE_RECORD, name, f->checksum) >= 0)
		return true;
	*err = arena_printf(a, "owui.migration: %s", db_message(db));
	return false;
}

/* The reference's tables (when there are none) and our schema, with their two records. */
static bool start_schema(struct db *db, struct arena *a, bool empty, const char **err)
{
	return (!empty || run_text(db, a, sql_migrations[0].sql, sql_migrations[0].name, err)) &&
	       run_text(db, a, sql_migrations[1].sql, sql_migrations[1].name, err) &&
	       record(db, a, "", &sql_migrations[0], err) && record(db, a, "", &sql_migrations[1], err);
}

static bool begin(struct db *db, struct arena *a, const char **err)
{
	if (db_begin(db))
		return true;
	*err = arena_printf(a, "PostgreSQL: %s", db_message(db));
	return false;
}

/* Commit when the steps went well, else take everything back. */
static bool end(struct db *db, bool ok, struct arena *a, const char **err)
{
	if (ok && db_commit(db))
		return true;
	if (ok)
		*err = arena_printf(a, "PostgreSQL: %s", db_message(db));
	db_rollback(db);
	return false;
}

static bool apply_migrations(struct db *db, struct arena *a, const struct applied *have,
			     void (*say)(const char *), const char **err)
{
	size_t first = 0;

	if (!sum_of(have, "", sql_migrations[1].name)) {
		say(have->empty ? "creating the tables of Open WebUI " OWUI_REFERENCE_VERSION
				: "taking over the tables of Open WebUI " OWUI_REFERENCE_VERSION);
		if (!begin(db, a, err) || !end(db, start_schema(db, a, have->empty, err), a, err))
			return false;
		first = 2;
	}
	for (const struct sql_file *f = sql_migrations + first; f->name; f++) {
		if (sum_of(have, "", f->name))
			continue;
		say(arena_printf(a, "applying %s", f->name));
		if (!begin(db, a, err) ||
		    !end(db, run_text(db, a, f->sql, f->name, err) && record(db, a, "", f, err), a, err))
			return false;
	}
	return true;
}

static bool run_functions(struct db *db, struct arena *a, const char **err)
{
	for (const struct sql_file *f = sql_functions; f->name; f++)
		if (!run_text(db, a, f->sql, f->name, err) || !record(db, a, PREFIX, f, err))
			return false;
	return true;
}

/* Bodies may name functions of files that come later: bodies are checked in a second run. */
static bool make_functions(struct db *db, struct arena *a, const char **err)
{
	return run_text(db, a, drop_functions, "functions", err) &&
	       run_text(db, a, "DELETE FROM owui.migration WHERE name LIKE '" PREFIX "%'", "functions",
			err) &&
	       run_text(db, a, "SET LOCAL check_function_bodies = off", "functions", err) &&
	       run_functions(db, a, err) &&
	       run_text(db, a, "SET LOCAL check_function_bodies = on", "functions", err) &&
	       run_functions(db, a, err);
}

static bool apply_functions(struct db *db, struct arena *a, const struct applied *have,
			    void (*say)(const char *), const char **err)
{
	bool current = true;

	for (const struct sql_file *f = sql_functions; f->name; f++)
		current = current && text_eq(sum_of(have, PREFIX, f->name), f->checksum);
	if (current)
		return true;
	say("making the functions of the schema owui");
	return begin(db, a, err) && end(db, make_functions(db, a, err), a, err);
}

bool migrate_run(struct db *db, struct arena *a, void (*say)(const char *step), const char **err)
{
	struct applied have;
	enum migrate_state state;
	bool ok;

	if (!run_text(db, a, "SELECT pg_advisory_lock(" LOCK ")", "PostgreSQL", err))
		return false;
	state = look(db, a, &have, err);
	ok = state == MIGRATE_CURRENT ||
	     ((state == MIGRATE_EMPTY || state == MIGRATE_PENDING) &&
	      run_text(db, a, want_vector, "pgvector", err) &&
	      apply_migrations(db, a, &have, say, err) && apply_functions(db, a, &have, say, err));
	if (ok)
		say("the database is up to date");
	db_exec_text(db, a, NULL, "SELECT pg_advisory_unlock(" LOCK ")");
	return ok;
}

void migrate_check(void)
{
	struct arena *a = arena_new();
	const char *advice;
	enum migrate_state state = migrate_look(db_get_in(a), a, &advice);

	if (state == MIGRATE_DOWN)
		log_warn("migrate_unknown", "why=\"%s\"", advice);
	else if (state != MIGRATE_CURRENT)
		die("not_migrated", "why=\"%s\"", advice);
	arena_free(a);
}
