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
#include "executor/jail.h"
#include "executor/launcher.h"

enum { WATCH_MS = 50, SWEEP_MS = 20, TREE_MAX = 1024, INODES = 10000 };

struct run {
	bool used, waits, killed_for_memory;
	struct wire_order order;
	struct jail jail;
};

static struct jail_conf conf;
static struct run runs[SLOTS_MAX];
static unsigned int controllers;
static bool sweeping;

static void kill_all(void)
{
	uint64_t peak;
	uint32_t oom;

	for (size_t i = 0; i < conf.slots; i++) {
		if (!runs[i].used)
			continue;
		kill(runs[i].jail.pid, SIGKILL);
		waitpid(runs[i].jail.pid, NULL, 0);
		group_leave(runs[i].order.serial, &peak, &oom);
	}
	for (int tries = 0; !groups_sweep() && tries < 100; tries++)
		sleep_ms(SWEEP_MS);
	groups_shutdown();
}

static void launch(const struct wire_order *o, const int *fds)
{
	struct wire_report r = { .kind = WIRE_DONE, .slot = o->slot, .serial = o->serial };
	struct group_limits l = { o->memory_mb, conf.max_pids, conf.cpu_quota };
	struct run *run = &runs[o->slot];

	r.error = jail_start(&conf, o, fds, &run->jail);
	if (r.error) {
		launcher_report(CONTROL, &r);
		return;
	}
	r.error = group_enter(o->serial, run->jail.pid, &l);
	if (!r.error)
		r.error = jail_go(&conf, o, &run->jail);
	if (r.error) {
		kill(run->jail.pid, SIGKILL);
		waitpid(run->jail.pid, NULL, 0);
		if (run->jail.go >= 0)
			close(run->jail.go);
		group_leave(o->serial, &r.peak_kb, &r.oom);
		launcher_report(CONTROL, &r);
		return;
	}
	run->order = *o;
	run->killed_for_memory = false;
	run->waits = o->ahead != 0;
	run->used = true;
}

static bool order_fits(const struct wire_order *o, size_t fds)
{
	if (o->slot >= conf.slots)
		return false;
	if (o->kind == WIRE_KILL || o->kind == WIRE_BEGIN)
		return fds == 0;
	return o->kind == WIRE_LAUNCH && fds == WFD_COUNT && !runs[o->slot].used &&
	       o->memory_mb >= 1 && o->memory_mb <= conf.max_memory_mb;
}

/* False at the end of the socket. */
static bool take_order(void)
{
	struct wire_order o;
	int fds[WFD_COUNT];
	size_t count;
	int rc = launcher_receive(CONTROL, &o, fds, &count);

	if (rc <= 0)
		return rc == 0;
	if (!order_fits(&o, count)) {
		log_error("order_refused", "kind=%u descriptors=%zu", o.kind, count);
		return false;
	}
	if (o.kind == WIRE_LAUNCH)
		launch(&o, fds);
	else if (!runs[o.slot].used || runs[o.slot].order.serial != o.serial)
		;			/* has ended meanwhile */
	else if (o.kind == WIRE_BEGIN)
		runs[o.slot].waits = false;
	else
		kill(runs[o.slot].jail.pid, SIGKILL);
	launcher_close(fds, count);
	return true;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < conf.slots; i++) {
			struct run *run = &runs[i];
			struct wire_report r = { .kind = WIRE_DONE, .slot = (uint32_t)i };

			if (!run->used || run->jail.pid != pid)
				continue;
			r.serial = run->order.serial;
			r.wait_status = status;
			group_leave(r.serial, &r.peak_kb, &r.oom);
			r.oom += run->killed_for_memory;
			run->used = false;
			sweeping = true;
			launcher_report(CONTROL, &r);
		}
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
	pid_t pids[TREE_MAX] = { run->jail.pid };
	size_t count = 1;
	uint64_t kb = 0;
	char path[64];
	struct statfs fs;

	for (size_t i = 0; i < count; i++) {
		count = add_children(pids[i], pids, count);
		kb += pss_kb(pids[i]);
	}
	snprintf(path, sizeof(path), "/proc/%d/root/workspace", run->jail.pid);
	if (statfs(path, &fs) == 0 && fs.f_blocks)
		kb += (fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize / 1024;
	if (kb <= (uint64_t)run->order.memory_mb * 1024)
		return;
	run->killed_for_memory = true;
	kill(run->jail.pid, SIGKILL);
}

static bool watch_all(void)
{
	bool any = false;

	for (size_t i = 0; i < conf.slots; i++) {
		if (!runs[i].used || runs[i].waits)
			continue;
		any = true;
		if (!runs[i].killed_for_memory)
			watch(&runs[i]);
	}
	return any;
}

static void loop(int signals)
{
	struct pollfd p[2] = { { CONTROL, POLLIN, 0 }, { signals, POLLIN, 0 } };
	bool watching = !(controllers & GROUP_MEMORY);
	struct signalfd_siginfo info;
	int64_t next = 0;

	for (;;) {
		bool busy = false;

		for (size_t i = 0; watching && i < conf.slots; i++)
			busy |= runs[i].used && !runs[i].waits;
		poll(p, 2, sweeping ? SWEEP_MS : busy ? WATCH_MS : -1);
		/* SIGTERM is for the daemon, which then closes the socket. */
		while (read(signals, &info, sizeof(info)) == sizeof(info))
			;
		reap();
		if (p[0].revents && !take_order())
			return;
		if (sweeping)
			sweeping = !groups_sweep();
		if (busy && mono_ms() >= next) {
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
	return isolation | ISO_MEMORY;
}

int main(int argc, char **argv)
{
	struct wire_report hello = { .kind = WIRE_HELLO, .name = "native" };
	int signals;

	if (argc != 9)
		die("sandbox_usage", "arguments=%d", argc);
	/* The daemon's end is the only thing to outlive; a terminal's Ctrl-C is the daemon's matter. */
	setsid();
	hello.isolation = setup(argv);
	if (!(hello.isolation & ISO_NAMESPACES))
		snprintf(hello.name, sizeof(hello.name), "Error: namespaces are not permitted here");
	signals = launcher_signals();
	launcher_report(CONTROL, &hello);
	loop(signals);
	kill_all();
	return 0;
}
