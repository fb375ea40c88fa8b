#include "executor/filter.h"

#include <sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/arena.h"

#define CLONE_NEW_ANY (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
		       CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

enum { PROLOGUE = 21 };

/* What is in neither list answers ENOSYS, so that libraries fall back to older calls. */
static const char *const allowed[] = {
	"accept", "accept4", "access", "alarm", "arch_prctl", "bind", "brk", "capget", "chdir",
	"chmod", "chown", "clock_getres", "clock_gettime", "clock_nanosleep", "close",
	"close_range", "connect", "copy_file_range", "creat", "dup", "dup2", "dup3",
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
	"eventfd", "eventfd2", "execve", "execveat", "exit", "exit_group", "faccessat",
	"faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchown",
	"fchownat", "fcntl", "fdatasync", "fgetxattr", "flistxattr", "flock", "fork", "fstat",
	"fstatfs", "fsync", "ftruncate", "futex", "futex_waitv", "futimesat", "get_mempolicy",
	"get_robust_list", "getcpu", "getcwd", "getdents", "getdents64", "getegid", "geteuid",
	"getgid", "getgroups", "getitimer", "getpeername", "getpgid", "getpgrp", "getpid",
	"getppid", "getpriority", "getrandom", "getresgid", "getresuid", "getrlimit", "getrusage",
	"getsid", "getsockname", "getsockopt", "gettid", "gettimeofday", "getuid", "getxattr",
	"inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "ioctl",
	"ioprio_get", "kill", "lchown", "lgetxattr", "link", "linkat", "listen", "listxattr",
	"llistxattr", "lseek", "lstat", "madvise", "membarrier", "memfd_create", "mincore", "mkdir",
	"mkdirat", "mlock", "mlock2", "mlockall", "mmap", "mprotect", "mq_getsetattr", "mq_notify",
	"mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "mremap", "msgctl", "msgget",
	"msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap", "nanosleep", "newfstatat",
	"open", "openat", "openat2", "pause", "pidfd_open", "pidfd_send_signal", "pipe", "pipe2",
	"pkey_alloc", "pkey_free", "pkey_mprotect", "poll", "ppoll", "prctl", "pread64", "preadv",
	"preadv2",
	"prlimit64", "pselect6", "pwrite64", "pwritev", "pwritev2", "read", "readahead",
	"readlink", "readlinkat", "readv", "recvfrom", "recvmmsg", "recvmsg", "rename", "renameat",
	"renameat2", "restart_syscall", "rmdir", "rseq", "rt_sigaction", "rt_sigpending",
	"rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
	"rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
	"sched_rr_get_interval", "sched_setscheduler", "sched_yield", "select", "semctl", "semget",
	"semop", "semtimedop", "sendfile", "sendmmsg", "sendmsg", "sendto", "set_robust_list",
	"set_tid_address", "setfsgid", "setfsuid", "setgid", "setgroups", "setitimer", "setpgid",
	"setpriority", "setregid", "setresgid", "setresuid", "setreuid", "setrlimit", "setsid",
	"setsockopt", "setuid", "shmat", "shmctl", "shmdt", "shmget", "shutdown", "sigaltstack",
	"signalfd", "signalfd4", "socketpair", "splice", "stat", "statfs", "statx", "symlink",
	"symlinkat", "sync", "sync_file_range", "syncfs", "sysinfo", "tee", "tgkill", "time",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
	"timerfd_create", "timerfd_gettime", "timerfd_settime", "times", "tkill", "truncate",
	"umask", "uname", "unlink", "unlinkat", "utime", "utimensat", "utimes", "vfork", "vmsplice",
	"wait4", "waitid", "waitpid", "write", "writev",
};

static const char *const refused[] = {
	"acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime",
	"delete_module", "fanotify_init", "finit_module", "fsmount", "fsopen", "fspick",
	"init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
	"kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind",
	"migrate_pages", "mount", "mount_setattr", "move_mount", "move_pages", "name_to_handle_at",
	"nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open", "pidfd_getfd",
	"pivot_root", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace",
	"quotactl", "quotactl_fd", "reboot", "request_key", "sethostname", "setdomainname",
	"set_mempolicy", "setns", "settimeofday", "swapoff", "swapon", "sysfs", "syslog", "umount2",
	"unshare", "userfaultfd", "ustat", "vhangup",
};

static bool add(scmp_filter_ctx ctx, uint32_t action, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* Unknown to this libseccomp, or not on this machine: the default answers it. */
	return nr == __NR_SCMP_ERROR || seccomp_rule_add(ctx, action, nr, 0) >= 0;
}

static bool add_sockets(scmp_filter_ctx ctx)
{
	static const int families[] = { AF_INET, AF_INET6 };
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
	bool ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				   SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX)) == 0;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++)
		for (size_t t = 0; t < ARRAY_SIZE(types); t++)
			ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
						    SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)families[f]),
						    SCMP_A1_32(SCMP_CMP_MASKED_EQ, 0xf,
							       (uint32_t)types[t])) == 0;
	/* The list of interfaces, and nothing else of netlink. */
	return ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
				      SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK),
				      SCMP_A2_32(SCMP_CMP_EQ, 0)) == 0;
}

static bool add_nodes(scmp_filter_ctx ctx)
{
	static const mode_t kinds[] = { 0, S_IFREG, S_IFIFO, S_IFSOCK };
	bool ok = true;

	for (size_t i = 0; ok && i < ARRAY_SIZE(kinds); i++) {
		ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mknodat), 1,
				      SCMP_A2_32(SCMP_CMP_MASKED_EQ, S_IFMT, kinds[i])) == 0;
#ifdef __NR_mknod
		ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mknod), 1,
					    SCMP_A1_32(SCMP_CMP_MASKED_EQ, S_IFMT, kinds[i])) == 0;
#endif
	}
	return ok;
}

static bool add_special(scmp_filter_ctx ctx, bool pinned)
{
	static const uint64_t spaces[] = { CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
					   CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET };
	bool ok = add_sockets(ctx) && add_nodes(ctx);

	ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				    SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_NEW_ANY, 0)) == 0;
	for (size_t i = 0; ok && i < ARRAY_SIZE(spaces); i++)
		ok = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				      SCMP_A0_64(SCMP_CMP_MASKED_EQ, spaces[i], spaces[i])) == 0;
	ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
				    SCMP_A0_32(SCMP_CMP_EQ, 0)) == 0;
	ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
				    SCMP_A0_32(SCMP_CMP_EQ, 0xffffffff)) == 0;
	return ok && add(ctx, pinned ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW, "sched_setaffinity");
}

static bool add_all(scmp_filter_ctx ctx, bool pinned)
{
	bool ok = true;

	for (size_t i = 0; ok && i < ARRAY_SIZE(allowed); i++)
		ok = add(ctx, SCMP_ACT_ALLOW, allowed[i]);
	for (size_t i = 0; ok && i < ARRAY_SIZE(refused); i++)
		ok = add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i]);
	return ok && add_special(ctx, pinned);
}

/*
 * What libseccomp cannot say goes before its program.
 *
 * Two ioctls type on a terminal: the kernel reads 32 bits of the number, and there is no "all but these" of a masked
 * argument.  Limits: its own only, as the first process of a run has the same uid; that of core files stays what it is,
 * as 0 would call a core_pattern that is a program of the host's: who sets it is told that it was done.
 */
static void add_prologue(struct sock_filter *at)
{
#define LOAD(what) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, what))
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define REFUSE(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
	const struct sock_filter code[PROLOGUE] = {
		LOAD(nr),
		IF(__NR_ioctl, 0, 4),
		LOAD(args[1]),
		IF(TIOCSTI, 1, 0),
		IF(TIOCLINUX, 0, 1),
		REFUSE(EPERM),
		LOAD(nr),
		IF(__NR_prlimit64, 0, 9),
		LOAD(args[2]),			/* the new limit: none */
		IF(0, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]) + 4),
		IF(0, 9, 0),
		LOAD(args[0]),			/* of whom: itself */
		IF(0, 1, 0),
		REFUSE(EPERM),
		LOAD(args[1]),
		IF(RLIMIT_CORE, 3, 4),
		IF(__NR_setrlimit, 0, 3),
		LOAD(args[0]),
		IF(RLIMIT_CORE, 0, 1),
		REFUSE(0),
	};
#undef LOAD
#undef IF
#undef REFUSE

	memcpy(at, code, sizeof(code));
}

static bool export(scmp_filter_ctx ctx, struct sock_fprog *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	bool ok = fd >= 0 && seccomp_export_bpf(ctx, fd) == 0;
	off_t size = ok ? lseek(fd, 0, SEEK_END) : 0;
	size_t count = (size_t)size / sizeof(struct sock_filter);

	ok = ok && count > 0 && count + PROLOGUE <= BPF_MAXINSNS;
	if (ok) {
		out->filter = xcalloc(count + PROLOGUE, sizeof(struct sock_filter));
		out->len = (unsigned short)(count + PROLOGUE);
		add_prologue(out->filter);
		ok = pread(fd, out->filter + PROLOGUE, (size_t)size, 0) == size;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

bool filter_build(struct sock_fprog *out, bool pinned)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	bool ok;

	if (!ctx)
		return false;
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	ok = add_all(ctx, pinned) && export(ctx, out);
	seccomp_release(ctx);
	return ok;
}
