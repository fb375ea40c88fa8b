#include "executor/jail.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "executor/launcher.h"
#include "executor/rights.h"

enum { NOFILE_LIMIT = 256, CAP_LAST_KNOWN = 63 };

/* Of a TCP socket in a run: least, at first, most. */
#define TCP_BUFFER "4096 16384 65536"

#define ROOT_OPTIONS "size=1m,nr_inodes=128,mode=755"

/* Where the new root is put together; hidden from the host by the private mount namespace. */
#define STAGE "/tmp"

/* State of the child until it is a reaper. */
struct stage {
	const struct jail_conf *conf;
	const struct group_door *door;
	uint32_t place;
	int orders;
	int usr, toolchain;		/* opened with the launcher's rights */
	uid_t uid;			/* of the program, as seen inside */
};

NORETURN void reaper_end(int status)
{
	_exit(status);
}

/* The run, when the launcher has one; without one the launcher is gone or does not want us. */
static void wait_run(const struct stage *s, struct wire_order *o, int fds[WFD_COUNT])
{
	size_t count;

	if (launcher_receive(s->orders, o, fds, &count, 0) != 1 || count != WFD_COUNT)
		_exit(124);
}

static void must(const struct stage *s, long rc, const char *step)
{
	int error = errno, fds[WFD_COUNT];
	struct wire_order o;

	if (rc >= 0)
		return;
	wait_run(s, &o, fds);
	errno = error;
	send_failure(fds[WFD_STATUS], step);
	_exit(125);
}

/* Set flags on a mount and all below it without losing those that are locked there. */
static int harden_mount(const char *path, uint64_t flags)
{
	struct mount_attr attr = { .attr_set = flags };

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attr, sizeof(attr));
}

static void bind_at(const struct stage *s, const char *from, const char *to, uint64_t flags)
{
	must(s, mount(from, to, NULL, MS_BIND | MS_REC, NULL), to);
	must(s, harden_mount(to, flags), to);
}

static void bind_fd(const struct stage *s, int fd, const char *to)
{
	char from[40];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	bind_at(s, from, to, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static void make_dirs(const struct stage *s)
{
	static const char *const dirs[] = {
		"usr", "proc", "dev", "dev/shm", "dev/pts", "tmp", "workspace", "etc",
		"etc/alternatives", "etc/ssl", "etc/fonts", "opt", "opt/rust", "var", "var/tmp",
		".old", ".run",
	};
	static const char *const links[][2] = {
		{ "usr/bin", "bin" }, { "usr/sbin", "sbin" }, { "usr/lib", "lib" },
		{ "usr/lib64", "lib64" }, { "/proc/self/fd", "dev/fd" },
		{ "/proc/self/fd/0", "dev/stdin" }, { "/proc/self/fd/1", "dev/stdout" },
		{ "/proc/self/fd/2", "dev/stderr" }, { "pts/ptmx", "dev/ptmx" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		must(s, mkdir(dirs[i], 0755), dirs[i]);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		must(s, symlink(links[i][0], links[i][1]), links[i][1]);
}

static void put_text(const struct stage *s, const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

	must(s, fd, path);
	must(s, write(fd, text, strlen(text)), path);
	close(fd);
}

static void make_etc(const struct stage *s)
{
	/* Debian's Matplotlib does not work without the last two. */
	static const char *const shared[] = { "alternatives", "ssl", "ld.so.cache", "fonts", "matplotlibrc" };
	char line[160], from[64], to[64];

	snprintf(line, sizeof(line), "sandbox:x:%u:%u::/workspace:/bin/sh\n", s->uid, s->uid);
	put_text(s, "etc/passwd", line);
	snprintf(line, sizeof(line), "sandbox:x:%u:\n", s->uid);
	put_text(s, "etc/group", line);
	put_text(s, "etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n");
	put_text(s, "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
	put_text(s, "etc/ld.so.cache", "");
	put_text(s, "etc/matplotlibrc", "");
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		snprintf(from, sizeof(from), "/etc/%s", shared[i]);
		snprintf(to, sizeof(to), "etc/%s", shared[i]);
		if (access(from, R_OK) == 0)
			bind_at(s, from, to,
				MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	}
}

static void make_dev(const struct stage *s)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	char from[32], to[32];

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		snprintf(from, sizeof(from), "/dev/%s", nodes[i]);
		snprintf(to, sizeof(to), "dev/%s", nodes[i]);
		put_text(s, to, "");
		bind_at(s, from, to, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	}
	must(s, mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		      "newinstance,ptmxmode=0666,mode=620"), "devpts");
}

static void make_proc(const struct stage *s)
{
	static const char *const covered[] = {
		"proc/kcore", "proc/keys", "proc/key-users", "proc/kallsyms", "proc/timer_list",
		"proc/sysrq-trigger", "proc/kmsg", "proc/config.gz", "proc/cmdline",
		"proc/sched_debug", "proc/kpagecount", "proc/kpageflags", "proc/kpagecgroup",
	};

	must(s, mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "proc");
	bind_at(s, "proc/sys", "proc/sys",
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(covered); i++)
		if (access(covered[i], F_OK) == 0)
			must(s, mount("dev/null", covered[i], NULL, MS_BIND, NULL), covered[i]);
}

/* All that can be written is one tmpfs, so that one number bounds it. */
static void make_writable(const struct stage *s)
{
	static const struct {
		const char *dir, *at;
		mode_t mode;
	} parts[] = {
		{ ".run/work", "workspace", 0755 }, { ".run/tmp", "tmp", 01777 },
		{ ".run/vartmp", "var/tmp", 01777 }, { ".run/shm", "dev/shm", 01777 },
	};
	char options[96];

	snprintf(options, sizeof(options), "size=%um,nr_inodes=%u,mode=755", s->conf->disk_mb,
		 s->conf->max_inodes);
	must(s, mount("tmpfs", ".run", "tmpfs", MS_NOSUID | MS_NODEV, options), "tmpfs");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		must(s, mkdir(parts[i].dir, 0700), parts[i].dir);
		must(s, chmod(parts[i].dir, parts[i].mode), parts[i].dir);
		must(s, chown(parts[i].dir, s->uid, s->uid), parts[i].dir);
		must(s, mount(parts[i].dir, parts[i].at, NULL, MS_BIND, NULL), parts[i].at);
	}
	must(s, umount2(".run", MNT_DETACH), "run");
	must(s, rmdir(".run"), "run");
}

static void enter_root(const struct stage *s)
{
	must(s, syscall(SYS_pivot_root, ".", ".old"), "pivot_root");
	must(s, chdir("/"), "chdir");
	must(s, umount2("/.old", MNT_DETACH), "umount");
	must(s, rmdir("/.old"), "rmdir");
	must(s, mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL),
	     "read-only root");
}

static void make_root(const struct stage *s)
{
	must(s, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	must(s, mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, ROOT_OPTIONS), "root");
	must(s, chdir(STAGE), "chdir");
	make_dirs(s);
	bind_fd(s, s->usr, "usr");
	if (s->toolchain >= 0)
		bind_fd(s, s->toolchain, "opt/rust");
	make_etc(s);
	make_dev(s);
	make_proc(s);
	make_writable(s);
	enter_root(s);
}

static void loopback_up(const struct stage *s)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(s, fd, "socket");
	must(s, ioctl(fd, SIOCSIFFLAGS, &r), "loopback");
	close(fd);
}

/* The buffers of TCP count against the whole machine's; where /proc/sys cannot be written the group's limit is all. */
static void shrink_buffers(void)
{
	launcher_put("/proc/sys/net/ipv4/tcp_rmem", TCP_BUFFER);
	launcher_put("/proc/sys/net/ipv4/tcp_wmem", TCP_BUFFER);
}

static void limit(const struct stage *s, int what, rlim_t value)
{
	struct rlimit l = { value, value };

	must(s, setrlimit(what, &l), "rlimit");
}

static void set_limits(const struct stage *s)
{
	const struct jail_conf *c = s->conf;

	limit(s, RLIMIT_CORE, 1);	/* 0 would still call a core_pattern that is a program of the host's */
	limit(s, RLIMIT_NOFILE, NOFILE_LIMIT);
	limit(s, RLIMIT_NPROC, c->max_pids + 1);
	limit(s, RLIMIT_FSIZE, (rlim_t)c->disk_mb << 20);
	limit(s, RLIMIT_MEMLOCK, 64 * 1024);
	limit(s, RLIMIT_MSGQUEUE, 800 * 1024);
	limit(s, RLIMIT_SIGPENDING, 1024);
}

static void pin(const struct stage *s)
{
	uint32_t want = (s->conf->cpu_quota + 99999) / 100000, seen = 0, count;
	cpu_set_t have, mine;

	must(s, sched_getaffinity(0, sizeof(have), &have), "affinity");
	count = (uint32_t)CPU_COUNT(&have);
	CPU_ZERO(&mine);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &have))
			continue;
		if ((seen + count - s->place * want % count) % count < want)
			CPU_SET(cpu, &mine);
		seen++;
	}
	must(s, sched_setaffinity(0, sizeof(mine), &mine), "affinity");
}

static void become_user(const struct stage *s)
{
	if (s->conf->root)
		must(s, setgroups(0, NULL), "setgroups");
	must(s, setresgid(s->uid, s->uid, s->uid), "setresgid");
	must(s, setresuid(s->uid, s->uid, s->uid), "setresuid");
	must(s, prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");	/* a change of uid clears it */
}

static void drop_capabilities(const struct stage *s)
{
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };
	uint32_t none[6] = { 0 };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap <= CAP_LAST_KNOWN; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (!s->conf->userns)
		become_user(s);
	must(s, syscall(SYS_capset, &head, none), "capset");
}

static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The null device at 0 to 2, the launcher's socket at 3. */
static void keep_only(struct stage *s)
{
	int orders = fcntl(s->orders, F_DUPFD_CLOEXEC, 64), null = open("/dev/null", O_RDWR | O_CLOEXEC);

	must(s, orders, "dup");
	must(s, null, "null device");
	for (int i = 0; i < 3; i++)
		must(s, dup2(null, i), "dup");
	must(s, dup3(orders, 3, O_CLOEXEC), "dup");
	s->orders = 3;
	must(s, syscall(SYS_close_range, 4, ~0u, 0), "close_range");
}

static void enter_group(const struct stage *s)
{
	int error = group_enter(s->door);

	errno = error;
	must(s, error ? -1 : 0, "control group");
	must(s, unshare(CLONE_NEWCGROUP), "cgroup namespace");
}

/* All that can be done before the run is known. */
static void make_ready(struct stage *s)
{
	s->usr = open(s->conf->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(s, s->usr, "rootfs");
	s->toolchain = -1;
	if (*s->conf->toolchain)
		s->toolchain = open(s->conf->toolchain, O_PATH | O_DIRECTORY | O_CLOEXEC);
	enter_group(s);
	umask(022);
	/* Inside a user namespace the capabilities survive this, as nobody is root there. */
	if (s->conf->userns)
		become_user(s);
	must(s, sethostname("sandbox", 7), "hostname");
	loopback_up(s);
	shrink_buffers();
	make_root(s);
	set_limits(s);
	if (s->conf->pin_cpus)
		pin(s);
	keep_only(s);
	drop_capabilities(s);
	must(s, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	must(s, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
	must(s, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &s->conf->filter), "seccomp");
}

NORETURN static void child(struct stage *s)
{
	struct wire_order o;
	int fds[WFD_COUNT];
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	reset_signals();
	if (read(s->orders, &byte, 1) != 1)
		_exit(124);
	make_ready(s);
	wait_run(s, &o, fds);
	close(s->orders);
	reaper_run(fds, s->conf->limit_data ? (uint64_t)o.memory_mb << 20 : 0);
}

static int write_proc(pid_t pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return launcher_put(path, text);
}

/* The id maps of a user namespace can only be written from outside. */
static int write_maps(const struct jail_conf *c, const struct jail *j)
{
	char map[64];
	int error = 0;

	if (c->root)
		write_proc(j->pid, "oom_score_adj", "-100");
	if (!c->userns)
		return 0;
	if (!c->root)
		error = write_proc(j->pid, "setgroups", "deny");
	snprintf(map, sizeof(map), "%d %u 1\n", SANDBOX_UID, c->root ? c->uid_base + j->place : (unsigned int)geteuid());
	if (!error)
		error = write_proc(j->pid, "uid_map", map);
	snprintf(map, sizeof(map), "%d %u 1\n", SANDBOX_UID, c->root ? c->uid_base + j->place : (unsigned int)getegid());
	return error ? error : write_proc(j->pid, "gid_map", map);
}

int jail_start(const struct jail_conf *c, uint32_t place, const struct group_door *door, struct jail *out)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			 (c->userns ? CLONE_NEWUSER : 0) | (door->into >= 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = SIGCHLD, .cgroup = door->into >= 0 ? (uint64_t)door->into : 0,
	};
	struct stage s = {
		.conf = c, .door = door, .place = place, .uid = c->userns ? SANDBOX_UID : c->uid_base + place,
	};
	int pair[2], error = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return errno;
	*out = (struct jail){ .orders = pair[0], .place = place };
	out->pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (out->pid == 0) {
		close(pair[0]);
		s.orders = pair[1];
		child(&s);
	}
	if (out->pid < 0)
		error = errno;
	close(pair[1]);
	if (!error)
		error = write_maps(c, out);
	if (!error && send(out->orders, "g", 1, MSG_NOSIGNAL) != 1)
		error = errno;
	if (!error)
		return 0;
	close(out->orders);
	if (out->pid > 0) {
		kill(out->pid, SIGKILL);
		waitpid(out->pid, NULL, 0);
	}
	return error;
}

int jail_give(struct jail *j, const struct wire_order *o, const int fds[WFD_COUNT])
{
	int error = launcher_send(j->orders, o, fds) ? 0 : errno;

	close(j->orders);
	j->orders = -1;
	return error;
}
