#include "executor/launcher.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/str.h"

union rights {
	struct cmsghdr align;
	char space[CMSG_SPACE(WFD_COUNT * sizeof(int))];
};

int launcher_receive(int fd, struct wire_order *o, int fds[WFD_COUNT], size_t *count)
{
	struct iovec iov = { o, sizeof(*o) };
	union rights control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *c;

	*count = 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), *count * sizeof(int));
	}
	if (n == (ssize_t)sizeof(*o))
		return 1;
	launcher_close(fds, *count);
	return -1;
}

bool launcher_send(int fd, const struct wire_order *o, const int *fds, size_t count)
{
	struct wire_order copy = *o;
	struct iovec iov = { &copy, sizeof(copy) };
	union rights control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(copy);
}

void launcher_close(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

void launcher_report(int fd, const struct wire_report *r)
{
	if (send(fd, r, sizeof(*r), MSG_NOSIGNAL) != (ssize_t)sizeof(*r))
		log_warn("report_lost", "slot=%u error=%s", r->slot, strerror(errno));
}

int launcher_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

uint32_t launcher_number(const char *text, int64_t min, int64_t max)
{
	int64_t v;

	if (!text_to_i64(text, min, max, &v))
		die("launcher_usage", "number=%s", text);
	return (uint32_t)v;
}
