#include "executor/rights.h"

#include <sys/socket.h>

union space {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(RIGHTS_MAX * sizeof(int))];
};

bool rights_send(int to, const void *p, size_t n, const int *fds, size_t count, int flags)
{
	union space control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)p, n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	return sendmsg(to, &msg, flags | MSG_NOSIGNAL) == (ssize_t)n;
}

ssize_t rights_receive(int from, void *p, size_t n, int *fds, size_t max, size_t *count, int flags)
{
	union space control;
	struct iovec iov = { p, n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int got[RIGHTS_MAX];
	struct cmsghdr *c;
	ssize_t r;

	*count = 0;
	do
		r = recvmsg(from, &msg, flags | MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR && !(flags & MSG_DONTWAIT));
	if (r <= 0)
		return r;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(got, CMSG_DATA(c), *count * sizeof(int));
	}
	if (*count <= max && !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		memcpy(fds, got, *count * sizeof(int));
		return r;
	}
	for (size_t i = 0; i < *count; i++)
		close(got[i]);
	*count = 0;
	errno = EBADMSG;
	return -1;
}

bool rights_send_one(int to, int fd, int flags)
{
	return rights_send(to, "j", 1, &fd, 1, flags);
}

int rights_receive_one(int from)
{
	size_t count;
	char byte;
	int fd;

	return rights_receive(from, &byte, 1, &fd, 1, &count, 0) == 1 && count == 1 ? fd : -1;
}
