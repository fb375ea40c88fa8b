/*
 * owui-inside - the first process of a container: takes a job from standard input, is its reaper
 * (executor/reaper.c), and passes on what comes from the program as frames on standard output.
 *
 * The program never holds that output, can neither signal nor trace the first process of its container,
 * and so cannot forge an outcome.  Linked statically: it is sent into whatever image is used.
 */

#include "executor/jail.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/arena.h"
#include "executor/rights.h"

enum { IN, OUT, NOFILE_LIMIT = 256 };
enum { FROM_OUT, FROM_ERR, FROM_STATUS, FROM_IN, SOURCES };

static pid_t self;
static pthread_t relay;
static bool relaying;
static int sources[SOURCES];		/* read by the relay; -1: ended */
static int ends[WFD_COUNT];		/* the reaper's descriptors */
static int jobs = -1;			/* to a reaper that waits for one */

static bool read_all(void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t r = read(IN, at, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		at += r;
		n -= (size_t)r;
	}
	return true;
}

static void frame(enum frame_type type, const void *p, size_t n)
{
	struct {
		struct record_head head;
		char bytes[FRAME_MAX];
	} f;
	const char *at = (const char *)&f;
	size_t left = sizeof(f.head) + n;

	f.head = (struct record_head){ (uint32_t)type, (uint32_t)n };
	memcpy(f.bytes, p, n);
	while (left) {
		ssize_t w = write(OUT, at, left);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			_exit(126);	/* nobody listens any more */
		at += w;
		left -= (size_t)w;
	}
}

/* `n` bytes of standard input as a file; -1 when they do not come. */
static int take_file(uint64_t n)
{
	char chunk[16384];
	int fd = memfd_create("job", MFD_CLOEXEC);

	while (fd >= 0 && n) {
		size_t part = n < sizeof(chunk) ? (size_t)n : sizeof(chunk);

		if (!read_all(chunk, part) || write(fd, chunk, part) != (ssize_t)part)
			return -1;
		n -= part;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* The job of a program that was started ahead goes on to its reaper; the end of input ends the run. */
static void take_input(void)
{
	struct inside_job job;
	int fd;

	if (!read_all(&job, sizeof(job)) || jobs < 0 || job.blob > BLOB_MAX)
		_exit(0);
	fd = take_file(job.blob);
	if (fd < 0)
		_exit(0);
	if (!rights_send_one(jobs, fd, 0))
		_exit(0);
	close(fd);
	close(jobs);
	jobs = -1;
}

static void *pass_on(void *unused UNUSED)
{
	static const enum frame_type types[] = { FRAME_OUT, FRAME_ERR, FRAME_STATUS };
	static char chunk[FRAME_MAX];
	struct pollfd p[SOURCES];

	while (sources[FROM_OUT] >= 0 || sources[FROM_ERR] >= 0 || sources[FROM_STATUS] >= 0) {
		for (int i = 0; i < SOURCES; i++)
			p[i] = (struct pollfd){ sources[i], POLLIN, 0 };
		if (poll(p, SOURCES, -1) < 0)
			continue;
		if (p[FROM_IN].revents)
			take_input();
		for (int i = 0; i < FROM_IN; i++) {
			ssize_t n = p[i].revents ? read(sources[i], chunk, sizeof(chunk)) : 0;

			if (n > 0) {
				frame(types[i], chunk, (size_t)n);
			} else if (p[i].revents) {
				close(sources[i]);
				sources[i] = -1;
			}
		}
	}
	return NULL;
}

NORETURN void reaper_end(int status)
{
	if (relaying && getpid() == self) {
		close(ends[WFD_STDOUT]);
		close(ends[WFD_STDERR]);
		close(ends[WFD_STATUS]);
		pthread_join(relay, NULL);
	}
	_exit(status);
}

static void limit(int what, rlim_t value)
{
	const struct rlimit l = { value, value };

	setrlimit(what, &l);		/* the engine's own may be lower already */
}

static bool confine(const struct inside_job *job)
{
	struct sock_fprog filter = { .len = (unsigned short)(job->filter / sizeof(struct sock_filter)) };
	bool ok;

	if (job->filter > BPF_MAXINSNS * sizeof(struct sock_filter) || !filter.len)
		return false;
	filter.filter = xmalloc(job->filter);
	limit(RLIMIT_CORE, 1);	/* as in executor/jail.c */
	limit(RLIMIT_NOFILE, NOFILE_LIMIT);
	limit(RLIMIT_FSIZE, (rlim_t)job->disk_mb << 20);
	limit(RLIMIT_MEMLOCK, 64 * 1024);
	limit(RLIMIT_SIGPENDING, 1024);
	ok = read_all(filter.filter, job->filter) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	     syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
	free(filter.filter);
	return ok;
}

static bool make_ends(const struct inside_job *job)
{
	static const enum wire_fd out[] = { WFD_STDOUT, WFD_STDERR, WFD_STATUS };
	int pair[2];

	for (int i = 0; i < FROM_IN; i++) {
		if (pipe2(pair, O_CLOEXEC) < 0)
			return false;
		sources[i] = pair[0];
		ends[out[i]] = pair[1];
	}
	sources[FROM_IN] = IN;
	ends[WFD_BLOB] = take_file(job->blob);
	if (job->input != NO_INPUT) {
		ends[WFD_STDIN] = take_file(job->input);
	} else {
		/* /dev/null's place: at the end at once for a program, a socket for a reaper that waits. */
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
			return false;
		jobs = pair[0];
		ends[WFD_STDIN] = pair[1];
	}
	return ends[WFD_BLOB] >= 0 && ends[WFD_STDIN] >= 0;
}

int main(void)
{
	struct inside_job job;

	self = getpid();
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	unlink(INSIDE_PATH);
	frame(FRAME_READY, "", 0);
	if (!read_all(&job, sizeof(job)) || job.blob > BLOB_MAX ||
	    (job.input != NO_INPUT && job.input > BLOB_MAX))
		return 1;
	if (!confine(&job) || !make_ends(&job))
		return 1;
	relaying = pthread_create(&relay, NULL, pass_on, NULL) == 0;
	if (!relaying)
		return 1;
	reaper_run(ends, job.data_limit);
}
