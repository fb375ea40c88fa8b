/* owuictl migrate - see src/migrate/migrate.h. */

#include "migrate/migrate.h"
#include "tools/ctl.h"

static void say(const char *step)
{
	printf("%s\n", step);
	fflush(stdout);
}

int ctl_migrate(struct ctl *c, int argc, char **argv)
{
	const char *err;

	if (argc == 1 && strcmp(argv[0], "--check") == 0)
		return ctl_need_database(c);
	if (argc)
		return CTL_USAGE;
	if (!migrate_run(c->db, c->arena, say, &err))
		return ctl_fail("%s", err);
	return CTL_OK;
}
