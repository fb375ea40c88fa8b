/*
 * owui-sandbox - the launcher: makes jails for owui-executor, and is the only part with privileges.
 *
 * It reads fixed records from the socket that is its standard input, never HTTP, JSON or a job's
 * blob, and checks each number against its own limits.  When the socket ends, every run ends.
 *
 * owui-sandbox SLOTS MEMORY_MB PIDS DISK_MB CPU_QUOTA UID_BASE ROOTFS TOOLCHAIN
 */

#include "base/base.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "executor/filter.h"
#include "executor/group.h"
#include "executor/launcher.h"
#include "executor/stock.h"

#define CHILDREN "/proc/thread-self/children"

enum { WATCH_MS = 50, SWEEP_MS = 20, TREE_MAX = 1024, INODES = 10000 };

struct run {
	bool used, waits, killed_for_memory;
	struct wire_order order;
	struct stocked in;
};

static struct jail_conf conf;
static struct run runs[SLOTS_MAX];
static bool sweeping;

static void kill_all(void)
{
	for (size_t i = 0; i < conf.slots; i++) {
		if (!runs[i].used)
			continue;
		kill(runs[i].in.jail.pid, SIGKILL);
		waitpid(runs[i].in.jail.pid, NULL, 0);
		stock_free(&runs[i].in);
	}
	stock_clear();
	for (int tries = 0; !groups_sweep() && tries < 100; tries++)
		sleep_ms(SWEEP_MS);
	groups_shutdown();
}

static uint32_t serial_of(uint32_t slot)
{
	return runs[slot].used ? runs[slot].order.serial : 0;
}

static void launch(const struct wire_order *o, const int fds[WFD_COUNT])
{
	struct wire_report r = { .kind = WIRE_DONE, .slot = o->slot, .serial = o->serial };
	struct run *run = &runs[o->slot];

	*run = (struct run){ .order = *o, .waits = o->ahead != 0 };
	r.error = stock_take(o, fds, &run->in);
	run->used = r.error == 0;
	if (!r.error)
		return;
	sweeping = true;
	launcher_report(CONTROL, &r);
}

static void tell(const struct wire_order *o)
{
	if (o->kind == WIRE_BEGIN)
		runs[o->slot].waits = false;
	else
		kill(runs[o->slot].in.jail.pid, SIGKILL);
}

static struct run *run_of(pid_t pid)
{
	for (size_t i = 0; i < conf.slots; i++)
		if (runs[i].used && runs[i].in.jail.pid == pid)
			return &runs[i];
	return NULL;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct run *run = run_of(pid);
		struct wire_report r = { .kind = WIRE_DONE, .wait_status = status };

		sweeping = true;
		if (!run) {
			stock_lost(pid);
			continue;
		}
		r.slot = run->order.slot;
		r.serial = run->order.serial;
		group_read(run->in.group, &r.peak_kb, &r.oom);
		r.oom += run->killed_for_memory;
		run->used = false;
		launcher_report(CONTROL, &r);
		stock_free(&run->in);	/* the answer does not wait for this */
	}
}

static uint64_t pss_kb(pid_t pid)
{
	char path[48], line[128];
	unsigned long long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pss: %llu", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/* All processes of a run are below its PID 1: orphans fall to it. */
static size_t add_children(pid_t pid, pid_t *pids, size_t count)
{
	char path[64];
	FILE *f;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "re");
	while (f && count < TREE_MAX && fscanf(f, "%d", &child) == 1)
		pids[count++] = child;
	if (f)
		fclose(f);
	return count;
}

/* Without a memory controller: add up what the run holds, and end it above its limit. */
static void watch(struct run *run)
{
	pid_t pids[TREE_MAX] = { run->in.jail.pid };
	size_t count = 1;
	uint64_t kb = 0;
	char path[64];
	struct statfs fs;

	for (size_t i = 0; i < count; i++) {
		count = add_children(pids[i], pids, count);
		kb += pss_kb(pids[i]);
	}
	snprintf(path, sizeof(path), "/proc/%d/root/workspace", run->in.jail.pid);
	if (statfs(path, &fs) == 0 && fs.f_blocks)
		kb += (fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize / 1024;
	if (kb <= (uint64_t)run->order.memory_mb * 1024)
		return;
	run->killed_for_memory = true;
	kill(run->in.jail.pid, SIGKILL);
}

static void watch_all(void)
{
	for (size_t i = 0; i < conf.slots; i++)
		if (runs[i].used && !runs[i].waits && !runs[i].killed_for_memory)
			watch(&runs[i]);
}

static bool any_watched(void)
{
	bool any = false;

	for (size_t i = 0; conf.limit_data && i < conf.slots; i++)
		any |= runs[i].used && !runs[i].waits;
	return any;
}

/* The sooner of two waits; -1 is none. */
static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void loop(int signals, bool usable)
{
	const struct launcher l = { conf.slots, conf.max_memory_mb, serial_of, launch, tell };
	struct pollfd p[2] = { { CONTROL, POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct signalfd_siginfo info;
	int64_t next = 0;

	for (;;) {
		bool watched = any_watched();
		int wait = sooner(sweeping ? SWEEP_MS : -1, watched ? WATCH_MS : -1);

		/* A jail is made ahead when nobody waits for us. */
		if (poll(p, 2, 0) == 0)
			poll(p, 2, sooner(wait, usable ? stock_tend() : -1));
		/* SIGTERM is for the daemon, which then closes the socket. */
		while (read(signals, &info, sizeof(info)) == sizeof(info))
			;
		reap();
		if (p[0].revents && !launcher_take(&l))
			return;
		if (sweeping)
			sweeping = !groups_sweep();
		if (watched && mono_ms() >= next) {
			watch_all();
			next = mono_ms() + WATCH_MS;
		}
	}
}

/* Can we make the namespaces?  Tried once, in a child that does nothing. */
static bool can_unshare(int flags)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(unshare(flags) == 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static uint32_t setup(char **v)
{
	const int spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			   CLONE_NEWCGROUP;
	uint32_t isolation = ISO_RLIMITS;
	unsigned int controllers;

	conf = (struct jail_conf){
		.root = geteuid() == 0, .slots = launcher_number(v[1], 1, SLOTS_MAX),
		.max_memory_mb = launcher_number(v[2], 16, 1 << 20), .max_pids = launcher_number(v[3], 1, 32768),
		.disk_mb = launcher_number(v[4], 1, 1 << 20), .max_inodes = INODES,
		.cpu_quota = launcher_number(v[5], 1000, 100000000), .uid_base = launcher_number(v[6], 1000, 1 << 30),
		.rootfs = v[7], .toolchain = v[8],
	};
	conf.userns = can_unshare(spaces | CLONE_NEWUSER);
	if (conf.userns || (conf.root && can_unshare(spaces)))
		isolation |= ISO_NAMESPACES;
	controllers = groups_setup();
	conf.limit_data = !(controllers & GROUP_MEMORY);
	conf.pin_cpus = !(controllers & GROUP_CPU);
	if (filter_build(&conf.filter, conf.pin_cpus))
		isolation |= ISO_SECCOMP;
	isolation |= controllers & GROUP_MEMORY ? 0 : ISO_WATCHDOG;
	if (controllers & (GROUP_MEMORY | GROUP_PIDS | GROUP_CPU))
		isolation |= controllers & GROUP_V2 ? ISO_CGROUP_V2 : ISO_CGROUP_V1;
	stock_setup(&conf);
	/* The watchdog needs the kernel's lists of children. */
	if (controllers & GROUP_MEMORY || access(CHILDREN, R_OK) == 0)
		isolation |= ISO_MEMORY;
	return isolation;
}

int main(int argc, char **argv)
{
	struct wire_report hello = { .kind = WIRE_HELLO, .name = "native" };
	int signals;

	if (argc != 9)
		die("sandbox_usage", "arguments=%d", argc);
	launcher_guard();
	hello.isolation = setup(argv);
	if (!(hello.isolation & ISO_NAMESPACES))
		snprintf(hello.name, sizeof(hello.name), "Error: namespaces are not permitted here");
	signals = launcher_signals();
	launcher_report(CONTROL, &hello);
	loop(signals, hello.isolation & ISO_NAMESPACES && hello.isolation & ISO_SECCOMP);
	kill_all();
	return 0;
}
