/*
 * reaper - PID 1 of a run: puts the files down, starts the program, reaps, kills the rest, sends what
 * is left in the workspace.  It has the program's rights and no more; the program can neither signal
 * nor trace it, and never holds the status pipe.
 */

#include "executor/jail.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "executor/rights.h"

enum { ARGS_MAX = 1024, ENV_MAX = 1024, INPUTS_MAX = 1024, FOUND_MAX = 10000 };

/* An input as it was written: what has the same inode and change time was not touched. */
struct input {
	ino_t ino;
	struct timespec ctime;
};

struct task {
	char *blob;
	size_t size;
	char *argv[ARGS_MAX + 1];
	char *envp[ENV_MAX + 1];
	size_t args, envs, inputs, found;
	struct input input[INPUTS_MAX];
	const struct blob_return *back;
	bool result, ahead;
	char *names[FOUND_MAX];
	bool cut;
	uint32_t sent_files, sent_bytes;
	const int *fds;
	uint64_t data_limit;
};

static struct task task;

static void send_all(const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t w = write(task.fds[WFD_STATUS], at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			reaper_end(126);	/* the daemon is gone */
		at += w;
		n -= (size_t)w;
	}
}

static void send_record(uint32_t type, const void *p, size_t n)
{
	struct record_head head = { type, (uint32_t)n };

	send_all(&head, sizeof(head));
	send_all(p, n);
}

void send_failure(int status_fd, const char *step)
{
	struct {
		struct record_head head;
		struct status_failed body;
	} r = { { STATUS_FAILED, sizeof(struct status_failed) }, { errno, "" } };

	snprintf(r.body.step, sizeof(r.body.step), "%s", step);
	if (write(status_fd, &r, sizeof(r)) < 0)
		reaper_end(126);
}

static void need(bool ok, const char *step)
{
	if (ok)
		return;
	send_failure(task.fds[WFD_STATUS], step);
	reaper_end(125);
}

static void make_parents(char *path)
{
	for (char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		need(mkdir(path, 0755) == 0 || errno == EEXIST, "mkdir");
		*p = '/';
	}
}

static void put_file(char *name, const char *data, size_t n)
{
	struct stat st;
	int fd;

	make_parents(name);
	fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	need(fd >= 0, "input file");
	while (n) {
		ssize_t w = write(fd, data, n);

		need(w > 0, "input file");
		data += w;
		n -= (size_t)w;
	}
	need(fstat(fd, &st) == 0, "input file");
	close(fd);
	need(task.inputs < INPUTS_MAX, "input files");
	task.input[task.inputs++] = (struct input){ st.st_ino, st.st_ctim };
}

static void take_record(uint32_t type, char *data, size_t n, char **name)
{
	switch (type) {
	case BLOB_ARG:
		need(task.args < ARGS_MAX, "arguments");
		task.argv[task.args++] = data;
		break;
	case BLOB_ENV:
		need(task.envs < ENV_MAX, "environment");
		task.envp[task.envs++] = data;
		break;
	case BLOB_NAME:
		*name = data;
		break;
	case BLOB_DATA:
		need(*name != NULL, "blob");
		put_file(*name, data, n);
		*name = NULL;
		break;
	case BLOB_RETURN:
		need(n == sizeof(*task.back), "blob");
		task.back = (const void *)data;
		break;
	case BLOB_RESULT:
		task.result = true;
		break;
	case BLOB_AHEAD:
		task.ahead = true;
		break;
	default:
		need(false, "blob");
	}
}

/* Each record is followed by a NUL and padded to 8 bytes, so that it can be used in place. */
static void take_blob(int fd)
{
	struct stat st;
	char *name = NULL;
	size_t at = 0;

	need(fstat(fd, &st) == 0 && st.st_size <= BLOB_MAX, "blob");
	task.size = (size_t)st.st_size;
	task.blob = xmalloc(task.size + 1);
	need(pread(fd, task.blob, task.size, 0) == st.st_size, "blob");
	close(fd);
	task.args = task.envs = 0;
	need(chdir("/workspace") == 0, "workspace");
	while (at < task.size) {
		struct record_head head;

		need(task.size - at >= sizeof(head), "blob");
		memcpy(&head, task.blob + at, sizeof(head));
		at += sizeof(head);
		need(head.length < task.size - at, "blob");
		need(task.blob[at + head.length] == '\0', "blob");
		take_record(head.type, task.blob + at, head.length, &name);
		at += (head.length + 8) & ~(size_t)7;
	}
	need(task.args > 0, "blob");
}

/* The socket to a program that was started ahead becomes TALK_FD; all else ends at exec. */
static void pass_descriptors(int talk)
{
	unsigned int first = 3;

	/* Out of the way of what comes: 0 to 2 were free when it was made. */
	need(talk < 0 || (talk = fcntl(talk, F_DUPFD_CLOEXEC, 16)) >= 0, "descriptors");
	for (int i = 0; i < 3; i++)
		need(dup2(task.fds[WFD_STDIN + i], i) == i, "descriptors");
	if (talk >= 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		need(null >= 0 && dup2(null, 0) == 0, "descriptors");
		need(dup2(talk, TALK_FD) == TALK_FD, "descriptors");
		first = TALK_FD + 1;
	}
	need(syscall(SYS_close_range, first, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) == 0, "close_range");
}

NORETURN static void start_program(int talk)
{
	int adj;

	setsid();
	signal(SIGPIPE, SIG_DFL);
	/* Where memory ends, the program goes before its reaper. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	adj = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (adj >= 0 && write(adj, "1000", 4) == 4)
		close(adj);
	pass_descriptors(talk);
	if (task.data_limit) {
		const struct rlimit l = { task.data_limit, task.data_limit };

		need(setrlimit(RLIMIT_DATA, &l) == 0, "rlimit");
	}
	execve(task.argv[0], task.argv, task.envp);
	need(false, "exec");
	abort();
}

/* The job of a program that was started ahead; ends with the daemon's socket. */
static int wait_job(void)
{
	int fd = rights_receive_one(task.fds[WFD_STDIN]);

	if (fd < 0)
		reaper_end(0);
	return fd;
}

static void say(int talk, const char *word)
{
	size_t n = strlen(word) + 1;

	while (n) {
		ssize_t w = send(talk, word, n, MSG_NOSIGNAL);

		if (w <= 0)
			reaper_end(126);
		word += w;
		n -= (size_t)w;
	}
}

/* When the program is ready, wait for its job, put the files down and tell it what it would have been
 * started with. */
static void hand_over(int talk)
{
	char text[24];

	if (read(talk, text, 1) != 1)
		reaper_end(126);
	send_record(STATUS_READY, "", 0);
	take_blob(wait_job());
	snprintf(text, sizeof(text), "%zu", task.args);
	say(talk, text);
	for (size_t i = 0; i < task.args; i++)
		say(talk, task.argv[i]);
	for (size_t i = 0; i < task.envs; i++)
		say(talk, task.envp[i]);
	close(talk);
}

/* Wait for the program; everything else dies with it. */
static int run_program(void)
{
	int status = 0, st, talk[2] = { -1, -1 };
	pid_t program, pid;

	need(!task.ahead || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) == 0, "socket");
	program = fork();
	need(program >= 0, "fork");
	if (program == 0)
		start_program(talk[1]);
	if (task.ahead) {
		close(talk[1]);
		hand_over(talk[0]);
	}
	for (int i = WFD_STDIN; i <= WFD_STDERR; i++)
		close(task.fds[i]);
	do {
		pid = waitpid(-1, &st, 0);
		if (pid == program)
			status = st;
	} while (pid != program && (pid > 0 || errno == EINTR));
	do {
		kill(-1, SIGKILL);
		pid = waitpid(-1, &st, 0);
	} while (pid > 0 || errno == EINTR);
	return status;
}

static bool untouched(const struct stat *st)
{
	for (size_t i = 0; i < task.inputs; i++)
		if (task.input[i].ino == st->st_ino &&
		    task.input[i].ctime.tv_sec == st->st_ctim.tv_sec &&
		    task.input[i].ctime.tv_nsec == st->st_ctim.tv_nsec)
			return true;
	return false;
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Collect the names of regular files; `path` is the directory's name with a slash, or "". */
static void walk(int dir, const char *path, int depth)
{
	DIR *d = dir >= 0 ? fdopendir(dir) : NULL;
	struct dirent *e;

	if (!d) {
		if (dir >= 0)
			close(dir);
		return;
	}
	while ((e = readdir(d))) {
		size_t size = strlen(path) + strlen(e->d_name) + 2;
		char *name;
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			continue;
		if (task.found == FOUND_MAX || (S_ISDIR(st.st_mode) && depth == PATH_DEPTH_MAX)) {
			task.cut = true;
			continue;
		}
		name = xmalloc(size);
		snprintf(name, size, "%s%s%s", path, e->d_name, S_ISDIR(st.st_mode) ? "/" : "");
		if (S_ISREG(st.st_mode)) {
			task.names[task.found++] = name;
			continue;
		}
		walk(open_dir(dir, e->d_name), name, depth + 1);
		free(name);
	}
	closedir(d);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The file's content, at most `max` bytes, as a record; false when it is too large or no file. */
static bool send_file(const char *path, uint32_t type, const char *name, size_t max, bool *large)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char chunk[16384];
	struct record_head head;
	size_t left;

	*large = false;
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (name && untouched(&st)) ||
	    (size_t)st.st_size > max) {
		*large = S_ISREG(st.st_mode) && (size_t)st.st_size > max;
		close(fd);
		return false;
	}
	if (name)
		send_record(STATUS_NAME, name, strlen(name));
	left = (size_t)st.st_size;
	head = (struct record_head){ type, (uint32_t)left };
	send_all(&head, sizeof(head));
	while (left) {
		ssize_t n = read(fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk));

		if (n <= 0)
			reaper_end(126);
		send_all(chunk, (size_t)n);
		left -= (size_t)n;
	}
	close(fd);
	task.sent_bytes += (uint32_t)st.st_size;
	return true;
}

static void send_files(void)
{
	bool large;

	walk(open_dir(AT_FDCWD, "/workspace"), "", 1);
	qsort(task.names, task.found, sizeof(*task.names), by_name);
	if (chdir("/workspace") < 0)
		return;
	for (size_t i = 0; i < task.found; i++) {
		if (task.sent_files == task.back->max_files) {
			task.cut = true;
			break;
		}
		if (send_file(task.names[i], STATUS_DATA, task.names[i],
			      task.back->max_bytes - task.sent_bytes, &large))
			task.sent_files++;
		task.cut |= large;
	}
	if (task.cut)
		send_record(STATUS_CUT, "", 0);
}

NORETURN void reaper_run(const int *fds, uint64_t data_limit)
{
	struct status_ended ended = { 0 };
	struct rusage used;
	bool large;

	task.fds = fds;
	task.data_limit = data_limit;
	take_blob(fds[WFD_BLOB]);
	ended.wait_status = run_program();
	if (getrusage(RUSAGE_CHILDREN, &used) == 0)
		ended.max_rss_kb = (uint32_t)used.ru_maxrss;
	send_record(STATUS_ENDED, &ended, sizeof(ended));
	if (task.result)
		send_file(RESULT_PATH, STATUS_RESULT, NULL, RESULT_MAX, &large);
	task.sent_bytes = 0;
	if (task.back)
		send_files();
	reaper_end(0);
}
