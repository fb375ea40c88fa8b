#ifndef OW_MIGRATE_H
#define OW_MIGRATE_H

/*
 * migrate - bring a database to the state that the programs need.
 *
 * The tables are those of Open WebUI 0.12.4, unchanged, with its alembic_version, so that it can be
 * started on the same database again.  Ours is the schema `owui`: the table owui.migration (what was
 * applied, with checksums) and functions.  An empty database gets both; one that Open WebUI 0.12.4
 * made gets the schema `owui`; any other is left as it is.
 *
 * One run at a time (advisory lock), one transaction per file of sql/migrations, one for all of
 * sql/functions.
 */

#include "base/arena.h"

struct db;

/* The version of the tables (alembic_version.version_num). */
#define MIGRATE_TABLES_VERSION "0bd252b206fb"

/* A file of sql/migrations or sql/functions, compiled in by build-aux/sqlfiles2c. */
struct sql_file {
	const char *name;		/* "0002_owui"; NULL ends the list */
	const char *checksum;		/* SHA-256, hexadecimal */
	const char *sql;
};

extern const struct sql_file sql_migrations[];
extern const struct sql_file sql_functions[];

enum migrate_state {
	MIGRATE_CURRENT,
	MIGRATE_EMPTY,			/* no table at all */
	MIGRATE_PENDING,		/* tables of the right version, ours missing or older */
	MIGRATE_REFUSED,		/* another version or another program's: not ours to touch */
	MIGRATE_DOWN,			/* PostgreSQL cannot be reached */
};

/* What is there; *advice (never NULL) says in one sentence what it is and what to do. */
enum migrate_state migrate_look(struct db *db, struct arena *a, const char **advice);

/* Bring the database to MIGRATE_CURRENT; `say` is told each step.  False with *err. */
bool migrate_run(struct db *db, struct arena *a, void (*say)(const char *step), const char **err);

/* For the start of a program: ends the process with advice when the database is there and is not
 * current.  A database that cannot be reached is no reason: it may come later. */
void migrate_check(void);

#endif
