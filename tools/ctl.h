#ifndef OW_CTL_H
#define OW_CTL_H

/*
 * ctl - what the commands of owuictl share.
 *
 * A command gets its own words (argv[0] is the first word behind the command's name) and returns the
 * exit code: 0 done, 1 failed (said on standard error), 2 wrong usage.
 */

#include "base/arena.h"
#include "db/db.h"

enum { CTL_OK, CTL_FAILED, CTL_USAGE };

struct ctl {
	struct arena *arena;
	struct db *db;			/* borrowed for the whole run */
};

int ctl_migrate(struct ctl *c, int argc, char **argv);
int ctl_user(struct ctl *c, int argc, char **argv);
int ctl_mfa(struct ctl *c, int argc, char **argv);
int ctl_config(struct ctl *c, int argc, char **argv);
int ctl_doctor(struct ctl *c, int argc, char **argv);

/* "owuictl: …" on standard error; returns CTL_FAILED. */
int ctl_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* CTL_OK when the database is migrated, else the failure after saying what to do. */
int ctl_need_database(struct ctl *c);

#endif
