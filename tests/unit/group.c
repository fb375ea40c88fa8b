/* The files of control groups, on a tree that only looks like theirs; tests/integration/cgroup2.py runs on a real one. */
#include "unit.h"

#include <sys/stat.h>

#include "executor/group.h"

enum { ALL = GROUP_MEMORY | GROUP_PIDS | GROUP_CPU };

static char top[64], mountinfo[96], cgroup[96];

static const char *path(const char *rest)
{
	static char p[256];

	snprintf(p, sizeof(p), "%s/%s", top, rest);
	return p;
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static bool is(const char *rest)
{
	return access(path(rest), F_OK) == 0;
}

/* A group of v2; without `divided` its subtree_control cannot be written. */
static void make_group(const char *rest, const char *controllers, bool divided)
{
	char name[128];

	mkdir(path(rest), 0755);
	snprintf(name, sizeof(name), "%s/cgroup.controllers", rest);
	put(path(name), controllers);
	snprintf(name, sizeof(name), "%s/cgroup.subtree_control", rest);
	if (divided)
		put(path(name), "");
}

/* A hierarchy of v2 that is mounted at `top`. */
static void begin(const char *own)
{
	char text[160];

	snprintf(top, sizeof(top), "/tmp/owui-group-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(mountinfo, sizeof(mountinfo), "%s/mountinfo", top);
	snprintf(cgroup, sizeof(cgroup), "%s/cgroup", top);
	snprintf(text, sizeof(text), "30 23 0:26 / %s rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", top);
	put(mountinfo, text);
	put(cgroup, own);
}

static void end(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static const char *base(const char *group)
{
	static char p[128];

	snprintf(p, sizeof(p), "%s/owui-executor.%d", group, getpid());
	return p;
}

/* The kernel makes a group's files with it; here nothing does, so that of our own group cannot be divided further. */
START_TEST(v2_climbs_to_a_group_that_can_be_divided)
{
	begin("0::/a/b\n");
	make_group("", "cpu memory pids\n", true);
	make_group("a", "memory pids\n", true);
	make_group("a/b", "", false);
	ck_assert_uint_eq(groups_setup_from(mountinfo, cgroup), 0);
	ck_assert(!is("a/b/owui-supervisor"));	/* nothing to divide: nobody moves */
	ck_assert(!is(base("a")) && !is(base("")));
	end();
}
END_TEST

START_TEST(v2_steps_aside_in_its_own_group)
{
	begin("0::/own/owui-supervisor\n");
	make_group("", "\n", false);
	make_group("own", "cpu io memory pids\n", false);
	make_group("own/owui-supervisor", "\n", false);
	put(path("own/owui-supervisor/cgroup.procs"), "");
	ck_assert_uint_eq(groups_setup_from(mountinfo, cgroup), 0);
	ck_assert(!is("own/owui-supervisor/owui-supervisor"));	/* a later launcher's group is the same */
	end();
}
END_TEST

START_TEST(v1_is_looked_at_by_controller)
{
	struct group_limits l = { 64, 10, 50000 };
	struct group_door d;
	char text[400];

	begin("4:memory:/m\n2:cpu,cpuacct:/\n3:pids:/box/in\n1:freezer:/\n0::/\n");
	snprintf(text, sizeof(text), "1 2 0:1 / %s/memory rw - cgroup cgroup rw,memory\n1 2 0:2 / %s/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
		 "1 2 0:3 /box %s/pids rw - cgroup cgroup rw,pids\nnot a line\n", top, top, top);
	put(mountinfo, text);
	mkdir(path("memory"), 0755);
	mkdir(path("memory/m"), 0755);
	mkdir(path("cpu"), 0755);
	mkdir(path("pids"), 0755);
	mkdir(path("pids/in"), 0755);
	ck_assert_uint_eq(groups_setup_from(mountinfo, cgroup), ALL);
	ck_assert(is(base("memory/m")) && is(base("cpu")) && is(base("pids/in")));
	/* Without the kernel's files no limit can be set: no group, and nothing of it stays. */
	ck_assert_int_eq(group_make(1, &l, &d), ENOENT);
	ck_assert(d.into == -1 && d.count == 0);
	groups_shutdown();
	ck_assert(!is(base("memory/m")) && !is(base("cpu")) && !is(base("pids/in")));
	end();
}
END_TEST

UNIT_MAIN("group", v2_climbs_to_a_group_that_can_be_divided, v2_steps_aside_in_its_own_group,
	  v1_is_looked_at_by_controller)
