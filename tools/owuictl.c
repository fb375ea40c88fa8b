/*
 * owuictl - the administrator's tool: migrate, accounts, settings, and a doctor.
 *
 * Settings come from the environment and owui.conf, as for the programs.
 */

#include "tools/ctl.h"

#include "base/env.h"
#include "base/log.h"
#include "cache/redis.h"
#include "migrate/migrate.h"

struct command {
	const char *name;
	int (*run)(struct ctl *c, int argc, char **argv);
	const char *words;		/* behind the name, for the usage */
	const char *what;
};

static const struct command commands[] = {
	{ "migrate", ctl_migrate, "[--check]", "bring the database to this version" },
	{ "user", ctl_user, "list | add EMAIL [NAME [ROLE]] | passwd WHO | role WHO ROLE", "accounts" },
	{ "mfa", ctl_mfa, "reset WHO --reason TEXT", "give somebody a new start with a second factor" },
	{ "config", ctl_config, "get [KEY] | set KEY VALUE | list", "read and change settings" },
	{ "doctor", ctl_doctor, "", "check everything the programs need" },
};

static void usage(FILE *f)
{
	fprintf(f, "usage: owuictl COMMAND …\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(f, "  %-8s %-64s %s\n", commands[i].name, commands[i].words, commands[i].what);
	fprintf(f, "\nSettings come from the environment and from owui.conf (see OWUI_CONF).\n");
}

int ctl_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("owuictl: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return CTL_FAILED;
}

int ctl_need_database(struct ctl *c)
{
	const char *advice;

	if (migrate_look(c->db, c->arena, &advice) == MIGRATE_CURRENT)
		return CTL_OK;
	return ctl_fail("%s", advice);
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct ctl c = { arena_new(), NULL };
	int rc;

	env_load();
	log_set_level(LOG_ERROR);
	db_setup(env_str("DATABASE_URL", ""), 2, "owuictl");
	redis_setup(env_str("REDIS_URL", ""), env_str("REDIS_KEY_PREFIX", "open-webui"));
	c.db = db_get_in(c.arena);
	rc = cmd->run(&c, argc, argv);
	arena_free(c.arena);
	redis_shutdown();
	db_shutdown();
	if (rc == CTL_USAGE)
		fprintf(stderr, "usage: owuictl %s %s\n", cmd->name, cmd->words);
	return rc;
}

int main(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"));

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return run(&commands[i], argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("owuictl " PACKAGE_VERSION " (Open WebUI " OWUI_REFERENCE_VERSION ")\n");
		return 0;
	}
	usage(help ? stdout : stderr);
	return help ? CTL_OK : CTL_USAGE;
}
