#include "executor/engine_api.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/str.h"

#define API "/v1.41"

enum { WAIT_SECONDS = 60, HEAD_MAX = 16 * 1024 };

static struct sockaddr_un local;
static char *host, *port;

static bool tcp_at(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (!colon || colon == text)
		return false;
	host = xstrdup(text);
	host[colon - text] = '\0';
	port = xstrdup(colon + 1);
	port[strcspn(port, "/")] = '\0';
	return *port != '\0';
}

bool engine_at(const char *address)
{
	if (text_starts(address, "tcp://"))
		return tcp_at(address + 6);
	if (text_starts(address, "http://"))
		return tcp_at(address + 7);
	if (!text_starts(address, "unix://") || strlen(address + 7) >= sizeof(local.sun_path))
		return false;
	local.sun_family = AF_UNIX;
	snprintf(local.sun_path, sizeof(local.sun_path), "%s", address + 7);
	return true;
}

static int open_tcp(void)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *list, *a;
	int fd = -1;

	if (getaddrinfo(host, port, &hint, &list) != 0) {
		errno = EHOSTUNREACH;
		return -1;
	}
	for (a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static int open_engine(void)
{
	const struct timeval limit = { .tv_sec = WAIT_SECONDS };
	int fd, error;

	if (host) {
		fd = open_tcp();
	} else {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&local, sizeof(local)) < 0) {
			error = errno;
			close(fd);
			errno = error;
			return -1;
		}
	}
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static bool send_text(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* The head byte by byte, as what follows may belong to a stream; the status, or -1. */
static int read_head(int fd)
{
	struct buf head = { .max = HEAD_MAX };
	int status = -1;
	char c;

	while (!head.full && recv(fd, &c, 1, 0) == 1) {
		buf_addc(&head, c);
		if (head.len >= 4 && !memcmp(head.data + head.len - 4, "\r\n\r\n", 4)) {
			int64_t n;

			if (head.len > 12 && text_starts(buf_text(&head), "HTTP/1.") &&
			    str_to_i64((struct str){ head.data + 9, 3 }, 100, 599, &n))
				status = (int)n;
			break;
		}
	}
	buf_free(&head);
	if (status < 0)
		errno = EPROTO;
	return status;
}

int engine_call(const char *method, const char *path, const char *body, struct buf *answer)
{
	struct buf q = BUF_INIT;
	char chunk[16384];
	int fd = open_engine(), status = -1;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	answer->max = ENGINE_ANSWER_MAX;
	buf_reset(answer);
	buf_printf(&q, "%s " API "%s HTTP/1.0\r\nHost: engine\r\n", method, path);
	if (body)
		buf_printf(&q, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
	buf_adds(&q, "\r\n");
	buf_adds(&q, body ? body : "");
	if (send_text(fd, q.data, q.len) && (status = read_head(fd)) >= 0)
		while (!answer->full && (n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
			buf_add(answer, chunk, (size_t)n);
	if (status >= 0 && n != 0) {
		errno = EPROTO;
		status = -1;
	}
	buf_free(&q);
	close(fd);
	return status;
}

int engine_attach(const char *container)
{
	const struct timeval none = { 0 };
	struct buf q = BUF_INIT;
	int fd = open_engine(), status;

	if (fd < 0)
		return -1;
	buf_printf(&q, "POST " API "/containers/%s/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n"
		   "Host: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n", container);
	status = send_text(fd, q.data, q.len) ? read_head(fd) : -1;
	buf_free(&q);
	if (status != 101 && status != 200) {
		close(fd);
		errno = EPROTO;
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
	return fd;
}
