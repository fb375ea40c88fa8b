#include "executor/link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "executor/loop.h"

enum { HELLO_MS = 10000 };

static struct source control = { .fd = -1 };
static uint32_t isolation;
static void (*done_fn)(const struct wire_report *r);

NORETURN static void exec_launcher(const struct settings *s, int fd)
{
	char n[6][16];
	const int values[6] = { s->places + s->pool_size, s->max_memory_mb, s->max_pids, s->disk_mb, s->cpu_quota,
				s->uid_base };
	char *const none[] = { NULL };

	for (int i = 0; i < 6; i++)
		snprintf(n[i], sizeof(n[i]), "%d", values[i]);
	char *const argv[] = { (char *)(uintptr_t)"owui-sandbox", n[0], n[1], n[2], n[3], n[4], n[5],
			       (char *)(uintptr_t)s->rootfs, (char *)(uintptr_t)s->toolchain, NULL };

	if (dup2(fd, 0) == 0)
		execve(s->launcher, argv, none);
	die("launcher", "file=%s error=%s", s->launcher, strerror(errno));
}

void link_start(const struct settings *s)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair", "error=%s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork", "error=%s", strerror(errno));
	if (pid == 0)
		exec_launcher(s, pair[1]);
	close(pair[1]);
	control.fd = pair[0];
}

static void ready(struct source *src, uint32_t events UNUSED)
{
	struct wire_report r;
	ssize_t n;

	while ((n = recv(src->fd, &r, sizeof(r), MSG_DONTWAIT)) == (ssize_t)sizeof(r))
		if (r.kind == WIRE_DONE)
			done_fn(&r);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		die("launcher_gone", "n=%zd", n);
}

void link_watch(void (*done)(const struct wire_report *r))
{
	struct pollfd p = { control.fd, POLLIN, 0 };
	struct wire_report r;

	if (poll(&p, 1, HELLO_MS) != 1 || recv(control.fd, &r, sizeof(r), 0) != (ssize_t)sizeof(r) ||
	    r.kind != WIRE_HELLO)
		die("launcher_silent", "fd=%d", control.fd);
	isolation = r.isolation;
	done_fn = done;
	control.ready = ready;
	loop_add(&control, EPOLLIN);
}

uint32_t link_isolation(void)
{
	return isolation;
}

bool link_launch(const struct wire_order *o, const int fds[WFD_COUNT])
{
	struct wire_order copy = *o;
	struct iovec iov = { &copy, sizeof(copy) };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(WFD_COUNT * sizeof(int))];
	} space;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &space,
			      .msg_controllen = sizeof(space) };
	struct cmsghdr *c;

	memset(&space, 0, sizeof(space));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(WFD_COUNT * sizeof(int));
	memcpy(CMSG_DATA(c), fds, WFD_COUNT * sizeof(int));
	return sendmsg(control.fd, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(copy);
}

void link_kill(uint32_t slot, uint32_t serial)
{
	struct wire_order o = { .kind = WIRE_KILL, .slot = slot, .serial = serial };

	if (send(control.fd, &o, sizeof(o), MSG_NOSIGNAL) < 0)
		log_warn("kill_lost", "slot=%u error=%s", slot, strerror(errno));
}
