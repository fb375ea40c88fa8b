#include "fcgi/record.h"

#include <sys/socket.h>
#include <sys/uio.h>

enum {
	PROTOCOL = 1, STDOUT = 6, HEAD = 8,
	MOST = 65528,		/* bytes of a record: the largest that needs no padding to eight */
	AT_ONCE = 16,		/* records of one writev() */
};

static void fill_head(unsigned char head[HEAD], int id, size_t n)
{
	head[0] = PROTOCOL;
	head[1] = STDOUT;
	head[2] = (unsigned char)(id >> 8);
	head[3] = (unsigned char)id;
	head[4] = (unsigned char)(n >> 8);
	head[5] = (unsigned char)n;
	head[6] = head[7] = 0;
}

/* Write all; `v` is used up. */
static bool write_all(int fd, struct iovec *v, int n)
{
	while (n) {
		ssize_t sent = writev(fd, v, n);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		while (n && (size_t)sent >= v->iov_len) {
			sent -= (ssize_t)v->iov_len;
			v++;
			n--;
		}
		if (n) {
			v->iov_base = (char *)v->iov_base + sent;
			v->iov_len -= (size_t)sent;
		}
	}
	return true;
}

bool record_send(FCGX_Request *request, const void *data, size_t len)
{
	unsigned char heads[AT_ONCE][HEAD];
	struct iovec v[2 * AT_ONCE];
	const char *p = data;

	if (FCGX_FFlush(request->out) < 0)
		return false;
	while (len) {
		int n = 0;

		for (; len && n < AT_ONCE; n++) {
			size_t part = len < MOST ? len : MOST;

			fill_head(heads[n], request->requestId, part);
			v[2 * n] = (struct iovec){ heads[n], HEAD };
			v[2 * n + 1] = (struct iovec){ (void *)(uintptr_t)p, part };
			p += part;
			len -= part;
		}
		if (!write_all(request->ipcFd, v, 2 * n))
			return false;
	}
	return true;
}

/* Send a record, or what the socket takes of it: how many bytes with the head, -1: gone. */
static ssize_t send_now(int fd, unsigned char head[HEAD], const void *data, size_t len)
{
	struct iovec v[2] = { { head, HEAD }, { (void *)(uintptr_t)data, len } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
	ssize_t sent;

	do
		sent = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : sent;
}

static bool offer_one(FCGX_Request *request, const char *data, size_t len, struct buf *rest)
{
	unsigned char head[HEAD];
	ssize_t sent = 0;

	fill_head(head, request->requestId, len);
	if (!rest->len)
		sent = send_now(request->ipcFd, head, data, len);
	if (sent < 0)
		return false;
	if (sent < HEAD) {
		buf_add(rest, head + sent, (size_t)(HEAD - sent));
		sent = HEAD;
	}
	buf_add(rest, data + (sent - HEAD), len - (size_t)(sent - HEAD));
	return !rest->full;
}

bool record_offer(FCGX_Request *request, const void *data, size_t len, struct buf *rest)
{
	const char *p = data;

	while (len) {
		size_t part = len < MOST ? len : MOST;

		if (!offer_one(request, p, part, rest))
			return false;
		p += part;
		len -= part;
	}
	return true;
}

ssize_t record_drain(FCGX_Request *request, struct buf *rest, bool wait)
{
	size_t done = 0;

	while (done < rest->len) {
		ssize_t sent = send(request->ipcFd, rest->data + done, rest->len - done,
				    MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (wait || (errno != EAGAIN && errno != EWOULDBLOCK)))
			return -1;
		if (sent < 0)
			break;
		done += (size_t)sent;
	}
	if (done) {
		memmove(rest->data, rest->data + done, rest->len - done);
		rest->len -= done;
	}
	return (ssize_t)rest->len;
}
