#include "fcgi/record.h"

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
