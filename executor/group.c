#include "executor/group.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/str.h"
#include "executor/launcher.h"

/* Where launcher, guard and daemon live below the service's own group of v2. */
#define ASIDE "/owui-supervisor"

/* v1 counts the buffers of sockets apart, and only where they have a limit, which is this part of the whole. */
enum { SOCKET_SHARE = 4 };

enum { DIRTY_MAX = 512, DYING_TRIES = 50, DYING_MS = 20 };

struct tree {
	char base[PATH_MAX / 2];	/* our parent group */
	unsigned int controllers;
	bool v2;
};

static struct {
	struct tree tree[GROUP_TREES_MAX];
	size_t trees;
	struct {
		uint32_t serial;
		size_t tree;
	} dirty[DIRTY_MAX];
	size_t dirties;
} groups;

static unsigned int controllers_in(const char *names, char sep)
{
	struct str rest = str_of(names);
	unsigned int found = 0;

	while (rest.p) {
		struct str name = str_trim(str_split(&rest, sep));

		found |= str_eq(name, "memory") ? GROUP_MEMORY : 0;
		found |= str_eq(name, "pids") ? GROUP_PIDS : 0;
		found |= str_eq(name, "cpu") ? GROUP_CPU : 0;
	}
	return found;
}

static int put(const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX + 320];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return launcher_put(path, text);
}

static int put_number(const char *dir, const char *file, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return put(dir, file, text);
}

static bool get(const char *dir, const char *file, char *out, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* The number after `key` and a space at the start of a line. */
static uint64_t number_of(const char *text, const char *key)
{
	struct str rest = str_of(text);
	size_t n = strlen(key);
	int64_t v = 0;

	while (rest.p) {
		struct str line = str_split(&rest, '\n');

		if (str_starts(line, key) && line.n > n && line.p[n] == ' ' &&
		    str_to_i64(str_trim((struct str){ line.p + n, line.n - n }), 0, INT64_MAX, &v))
			break;
	}
	return (uint64_t)v;
}

/* Its processes may only be dying. */
static bool remove_dying(const char *dir)
{
	for (int tries = 0; tries < DYING_TRIES; tries++) {
		if (rmdir(dir) == 0 || errno != EBUSY)
			return true;
		sleep_ms(DYING_MS);
	}
	return false;
}

static void remove_service(const char *path)
{
	DIR *runs = opendir(path);
	char run[PATH_MAX + 256];
	struct dirent *e;
	bool ok = true;

	while (runs && ok && (e = readdir(runs))) {
		if (!text_starts(e->d_name, "run"))
			continue;
		snprintf(run, sizeof(run), "%s/%s", path, e->d_name);
		put(run, "cgroup.kill", "1");
		ok = remove_dying(run);
	}
	if (runs)
		closedir(runs);
	rmdir(path);
}

/* Groups of launchers that are no more: "owui-executor.PID" whose process is gone. */
static void remove_leftovers(const char *parent)
{
	DIR *d = opendir(parent);
	char path[PATH_MAX];
	struct dirent *e;
	int64_t pid;

	while (d && (e = readdir(d))) {
		if (!text_starts(e->d_name, "owui-executor.") ||
		    !text_to_i64(strchr(e->d_name, '.') + 1, 2, INT32_MAX, &pid) ||
		    kill((pid_t)pid, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", parent, e->d_name);
		remove_service(path);
	}
	if (d)
		closedir(d);
}

/* Let groups in `dir` have these controllers: in one word, as "pids" alone would be taken by a group with processes,
 * which then is a group of threads. */
static bool enable(const char *dir, unsigned int controllers)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%s%s", controllers & GROUP_MEMORY ? "+memory " : "",
		 controllers & GROUP_PIDS ? "+pids " : "", controllers & GROUP_CPU ? "+cpu " : "");
	return controllers && put(dir, "cgroup.subtree_control", text) == 0;
}

static pid_t parent_of(pid_t pid)
{
	char path[32], text[4096];
	int64_t parent = 0;
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	at = get(path, "status", text, sizeof(text)) ? strstr(text, "\nPPid:") : NULL;
	if (at)
		str_to_i64(str_trim((struct str){ at + 6, strcspn(at + 6, "\n") }), 0, INT32_MAX, &parent);
	return (pid_t)parent;
}

/* v2: a group with processes cannot give controllers to others, so launcher, guard and daemon move out of the way. */
static void step_aside(const char *own)
{
	char dir[PATH_MAX];
	pid_t guard = getppid();

	snprintf(dir, sizeof(dir), "%.2000s" ASIDE, own);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return;
	put(dir, "cgroup.procs", "0");
	put_number(dir, "cgroup.procs", (uint64_t)guard);
	put_number(dir, "cgroup.procs", (uint64_t)parent_of(guard));
}

static bool add_tree(const char *own, unsigned int controllers, bool v2)
{
	struct tree *t = &groups.tree[groups.trees];

	for (size_t i = 0; i < groups.trees; i++)
		controllers &= ~groups.tree[i].controllers;
	if (groups.trees == GROUP_TREES_MAX || !controllers)
		return false;
	snprintf(t->base, sizeof(t->base), "%.2000s/owui-executor.%d", own, getpid());
	remove_leftovers(own);
	if (mkdir(t->base, 0755) < 0)
		return false;
	if (v2 && !enable(t->base, controllers)) {
		rmdir(t->base);
		return false;
	}
	t->controllers = controllers;
	t->v2 = v2;
	groups.trees++;
	return true;
}

/* Below our own group; where others live in that, too, or it is not ours to divide, below the next one up. */
static void add_v2(const char *mount, const char *group)
{
	char own[PATH_MAX / 2], text[256];
	size_t n;

	snprintf(own, sizeof(own), "%.1000s%.1000s", mount, group);
	n = strlen(own);
	if (str_ends(str_of(own), ASIDE))	/* a launcher before us has moved there */
		own[n - strlen(ASIDE)] = '\0';
	for (bool first = true; strlen(own) >= strlen(mount); first = false) {
		unsigned int have;

		/* An empty file: the group above gives none. */
		have = get(own, "cgroup.controllers", text, sizeof(text)) ? controllers_in(text, ' ') : 0;
		if (first && have && !enable(own, have))
			step_aside(own);
		if (enable(own, have) && add_tree(own, have, true))
			return;
		*strrchr(own, '/') = '\0';
	}
}

struct mounted {
	char *root, *at, *type, *options;
};

/* A line of /proc/self/mountinfo: what is mounted is field 4, where field 5; type and options follow " - ". */
static bool mount_line(char *line, struct mounted *m)
{
	char *dash = strstr(line, " - "), *p = line;

	if (!dash)
		return false;
	m->type = dash + 3;
	*dash = '\0';
	for (int i = 0; i < 3 && p; i++)
		p = strchr(p + 1, ' ');
	if (!p)
		return false;
	m->root = p + 1;
	m->at = strchr(m->root, ' ');
	p = m->at ? strchr(m->at + 1, ' ') : NULL;
	if (!p)
		return false;
	*m->at++ = *p = '\0';
	p = strchr(m->type, ' ');
	if (!p)
		return false;
	*p = '\0';
	m->options = strrchr(p + 1, ' ') ? strrchr(p + 1, ' ') + 1 : p + 1;
	m->options[strcspn(m->options, "\n")] = '\0';
	return true;
}

/* Our group in the hierarchy whose line of `file` (/proc/self/cgroup) names `controllers` (0: v2), without `root`,
 * that part of the hierarchy which is mounted. */
static bool own_group(const char *file, unsigned int controllers, const char *root, char *out, size_t size)
{
	FILE *f = fopen(file, "re");
	char line[PATH_MAX];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		found = controllers ? controllers_in(names + 1, ',') & controllers : names[1] == '\0';
		if (found && strcmp(root, "/") && text_starts(path, root))
			path += strlen(root);
		if (found)
			snprintf(out, size, "%s", strcmp(path, "/") ? path : "");
	}
	if (f)
		fclose(f);
	return found;
}

unsigned int groups_setup_from(const char *mountinfo, const char *cgroup)
{
	FILE *f = fopen(mountinfo, "re");
	char line[PATH_MAX], group[PATH_MAX / 4], own[PATH_MAX / 2];
	unsigned int have, all = 0;
	struct mounted m;

	groups.trees = groups.dirties = 0;
	while (f && fgets(line, sizeof(line), f)) {
		bool v2;

		if (!mount_line(line, &m))
			continue;
		v2 = !strcmp(m.type, "cgroup2");
		have = strcmp(m.type, "cgroup") ? 0 : controllers_in(m.options, ',');
		if ((!v2 && !have) || !own_group(cgroup, have, m.root, group, sizeof(group)))
			continue;
		snprintf(own, sizeof(own), "%.1000s%.1000s", m.at, group);
		if (v2)
			add_v2(m.at, group);
		else
			add_tree(own, have, false);
	}
	if (f)
		fclose(f);
	for (size_t i = 0; i < groups.trees; i++)
		all |= groups.tree[i].controllers | (groups.tree[i].v2 ? GROUP_V2 : 0);
	return all;
}

unsigned int groups_setup(void)
{
	return groups_setup_from("/proc/self/mountinfo", "/proc/self/cgroup");
}

static void run_dir(const struct tree *t, uint32_t serial, char *out, size_t size)
{
	snprintf(out, size, "%s/run%u", t->base, serial);
}

static int set_v1(const char *dir, unsigned int c, const struct group_limits *l)
{
	uint64_t bytes = (uint64_t)l->memory_mb << 20;
	int error = 0;

	if (c & GROUP_MEMORY) {
		error = put_number(dir, "memory.limit_in_bytes", bytes);
		put_number(dir, "memory.memsw.limit_in_bytes", bytes);	/* absent without swap accounting */
		put_number(dir, "memory.kmem.tcp.limit_in_bytes", bytes / SOCKET_SHARE);
	}
	if (!error && c & GROUP_PIDS)
		error = put_number(dir, "pids.max", l->pids + 1);
	if (!error && c & GROUP_CPU)
		error = put_number(dir, "cpu.cfs_quota_us", l->cpu_quota);
	return error;
}

static int set_v2(const char *dir, unsigned int c, const struct group_limits *l)
{
	char text[48];
	int error = 0;

	if (c & GROUP_MEMORY) {
		error = put_number(dir, "memory.max", (uint64_t)l->memory_mb << 20);
		put(dir, "memory.swap.max", "0");
	}
	if (!error && c & GROUP_PIDS)
		error = put_number(dir, "pids.max", l->pids + 1);
	if (!error && c & GROUP_CPU) {
		snprintf(text, sizeof(text), "%u 100000", l->cpu_quota);
		error = put(dir, "cpu.max", text);
	}
	return error;
}

static int open_door(const struct tree *t, const char *dir, struct group_door *d)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), t->v2 ? "%s" : "%s/tasks", dir);
	fd = open(path, t->v2 ? O_RDONLY | O_DIRECTORY | O_CLOEXEC : O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (t->v2)
		d->into = fd;
	else
		d->tasks[d->count++] = fd;
	return 0;
}

int group_make(uint32_t serial, const struct group_limits *l, struct group_door *d)
{
	char dir[PATH_MAX];
	int error = 0;

	*d = (struct group_door){ .into = -1 };
	for (size_t i = 0; !error && i < groups.trees; i++) {
		const struct tree *t = &groups.tree[i];

		run_dir(t, serial, dir, sizeof(dir));
		if (mkdir(dir, 0755) < 0)
			error = errno;
		if (!error)
			error = t->v2 ? set_v2(dir, t->controllers, l) : set_v1(dir, t->controllers, l);
		if (!error)
			error = open_door(t, dir, d);
	}
	if (error) {
		group_shut(d);
		group_remove(serial);
	}
	return error;
}

void group_shut(struct group_door *d)
{
	if (d->into >= 0)
		close(d->into);
	for (size_t i = 0; i < d->count; i++)
		close(d->tasks[i]);
	*d = (struct group_door){ .into = -1 };
}

int group_enter(const struct group_door *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (write(d->tasks[i], "0", 1) != 1)
			return errno;
	return 0;
}

int group_lower(uint32_t serial, uint32_t memory_mb)
{
	const struct group_limits l = { .memory_mb = memory_mb };
	char dir[PATH_MAX];
	int error = 0;

	for (size_t i = 0; !error && i < groups.trees; i++) {
		const struct tree *t = &groups.tree[i];

		if (!(t->controllers & GROUP_MEMORY))
			continue;
		run_dir(t, serial, dir, sizeof(dir));
		error = t->v2 ? set_v2(dir, GROUP_MEMORY, &l) : set_v1(dir, GROUP_MEMORY, &l);
	}
	return error;
}

static void read_memory(const struct tree *t, const char *dir, uint64_t *peak_kb, uint32_t *oom)
{
	char text[1024];
	int64_t bytes;

	if (get(dir, t->v2 ? "memory.peak" : "memory.max_usage_in_bytes", text, sizeof(text)) &&
	    str_to_i64(str_trim(str_of(text)), 0, INT64_MAX, &bytes))
		*peak_kb = (uint64_t)bytes / 1024;
	if (get(dir, t->v2 ? "memory.events" : "memory.oom_control", text, sizeof(text)))
		*oom = (uint32_t)number_of(text, "oom_kill");
}

void group_read(uint32_t serial, uint64_t *peak_kb, uint32_t *oom)
{
	char dir[PATH_MAX];

	for (size_t i = 0; i < groups.trees; i++) {
		const struct tree *t = &groups.tree[i];

		if (!(t->controllers & GROUP_MEMORY))
			continue;
		run_dir(t, serial, dir, sizeof(dir));
		read_memory(t, dir, peak_kb, oom);
	}
}

void group_remove(uint32_t serial)
{
	char dir[PATH_MAX];

	for (size_t i = 0; i < groups.trees; i++) {
		run_dir(&groups.tree[i], serial, dir, sizeof(dir));
		if (rmdir(dir) < 0 && errno != ENOENT && groups.dirties < DIRTY_MAX) {
			groups.dirty[groups.dirties].serial = serial;
			groups.dirty[groups.dirties++].tree = i;
		}
	}
}

bool groups_sweep(void)
{
	char dir[PATH_MAX];
	size_t left = 0;

	for (size_t i = 0; i < groups.dirties; i++) {
		run_dir(&groups.tree[groups.dirty[i].tree], groups.dirty[i].serial, dir, sizeof(dir));
		if (rmdir(dir) < 0 && errno != ENOENT)
			groups.dirty[left++] = groups.dirty[i];
	}
	groups.dirties = left;
	return left == 0;
}

void groups_shutdown(void)
{
	for (size_t i = 0; i < groups.trees; i++)
		rmdir(groups.tree[i].base);
}
