#include "executor/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"

enum { HEAD_MS = 30000, BODY_MS = 30000, IDLE_MS = 75000, DISCARD_MS = 20000, FLUSH_MS = 60000,
       READ_SIZE = 65536, IN_MAX = 16 * 1024 * 1024 };

static const struct settings *conf;
static void (*handler)(struct http_conn *c);
static struct source listener;
static struct http_conn *conns;
static int conns_n;

static void watch(struct http_conn *c)
{
	uint32_t mask = EPOLLRDHUP;

	if (c->dead)
		return;
	if (c->state == HTTP_HEAD || c->state == HTTP_BODY || c->state == HTTP_DISCARD ||
	    c->state == HTTP_UPGRADED)
		mask |= EPOLLIN;
	if (c->out.len)
		mask |= EPOLLOUT;
	loop_change(&c->source, mask);
}

static void end(struct http_conn *c)
{
	if (c->dead)
		return;
	conns_n--;
	c->dead = true;			/* freed at the end of the round: a handler may hold it */
	loop_remove(&c->source);
	close(c->source.fd);
	if (c->gone)
		c->gone(c);
	c->gone = NULL;
}

static void next_request(struct http_conn *c)
{
	arena_free(c->arena);
	c->arena = arena_new();
	c->state = HTTP_HEAD;
	c->context = NULL;
	c->gone = NULL;
	c->deadline_ms = mono_ms() + IDLE_MS;
}

static void flush(struct http_conn *c)
{
	while (c->out.len && !c->dead) {
		ssize_t n = send(c->source.fd, c->out.data, c->out.len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			end(c);
			return;
		}
		buf_consume(&c->out, (size_t)n);
	}
	if (c->dead || c->out.len || c->state != HTTP_FLUSH)
		return;
	if (c->out.cap > READ_SIZE)
		buf_free(&c->out);
	if (c->close_after) {
		shutdown(c->source.fd, SHUT_WR);
		end(c);
	} else {
		next_request(c);
	}
}

static const char *reason(int status)
{
	switch (status) {
	case 100: return "Continue";
	case 101: return "Switching Protocols";
	case 200: return "OK";
	case 201: return "Created";
	case 204: return "No Content";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 411: return "Length Required";
	case 413: return "Content Too Large";
	case 429: return "Too Many Requests";
	case 431: return "Request Header Fields Too Large";
	case 503: return "Service Unavailable";
	default: return "Internal Server Error";
	}
}

void http_answer(struct http_conn *c, int status, const char *type, const char *body, size_t n,
		 const char *headers)
{
	if (c->dead)
		return;
	c->close_after |= !c->req.keep;
	buf_printf(&c->out, "HTTP/1.1 %d %s\r\n", status, reason(status));
	if (status != 204)
		buf_printf(&c->out, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, n);
	buf_printf(&c->out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%s%s\r\n",
		   headers ? headers : "", c->close_after ? "Connection: close\r\n" : "");
	if (!text_eq(c->req.method, "HEAD"))
		buf_add(&c->out, body, n);
	c->state = HTTP_FLUSH;
	c->gone = NULL;
	c->deadline_ms = mono_ms() + FLUSH_MS;
	flush(c);
	watch(c);
}

void http_error(struct http_conn *c, int status, const char *error, const char *message,
		const char *headers)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "{\"error\":");
	buf_json(&b, error);
	buf_adds(&b, ",\"message\":");
	buf_json(&b, message);
	buf_addc(&b, '}');
	http_answer(c, status, "application/json", b.data, b.len, headers);
	buf_free(&b);
}

void http_stream_start(struct http_conn *c, const char *type)
{
	c->state = HTTP_STREAM;
	c->close_after = true;
	c->deadline_ms = 0;
	buf_printf(&c->out, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
		   "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n", type);
}

void http_write(struct http_conn *c, const void *p, size_t n)
{
	if (c->dead)
		return;
	buf_add(&c->out, p, n);
	if (c->out.full) {
		end(c);
		return;
	}
	flush(c);
	watch(c);
}

void http_end(struct http_conn *c)
{
	if (c->dead)
		return;
	c->state = HTTP_FLUSH;
	c->close_after = true;
	c->gone = NULL;
	c->deadline_ms = mono_ms() + FLUSH_MS;
	flush(c);
	watch(c);
}

void http_upgrade(struct http_conn *c, const char *headers)
{
	buf_printf(&c->out, "HTTP/1.1 101 Switching Protocols\r\n%s\r\n", headers);
	c->state = HTTP_UPGRADED;
	c->deadline_ms = 0;
	flush(c);
	watch(c);
}

static void refuse(struct http_conn *c, int status)
{
	c->close_after = true;
	http_error(c, status, status == 413 ? "PayloadTooLarge" : "ValidationError",
		   status == 413 ? "the body is too large" :
		   status == 411 ? "a body needs a Content-Length" : "the request is not valid HTTP",
		   NULL);
}

static size_t head_length(const struct buf *b)
{
	const char *p = b->data, *end_at = p + b->len;

	while (p && (p = memchr(p, '\n', (size_t)(end_at - p)))) {
		p++;
		if (p < end_at && *p == '\n')
			return (size_t)(p + 1 - b->data);
		if (p + 1 < end_at && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - b->data);
	}
	return 0;
}

static void take_head(struct http_conn *c)
{
	size_t n = head_length(&c->in), length = 0;
	const char *expect;
	int status;

	if (!n) {
		if (c->in.len > HTTP_HEAD_MAX)
			refuse(c, 431);
		return;
	}
	status = n > HTTP_HEAD_MAX ? 431 : http_parse_head(c->arena, c->in.data, n, &c->req, &length);
	if (status) {
		refuse(c, status);
		return;
	}
	buf_consume(&c->in, n);
	c->body_left = length;
	expect = http_header(&c->req, "expect");
	if (length > conf->max_body) {
		/* The client reads the answer only when it has sent all: let it, up to a bound. */
		if (length > HTTP_DISCARD_MAX)
			c->body_left = HTTP_DISCARD_MAX;
		c->state = HTTP_DISCARD;
		c->deadline_ms = mono_ms() + DISCARD_MS;
		if (expect)
			refuse(c, 413);
		return;
	}
	if (expect && length > c->in.len)
		buf_adds(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	c->state = HTTP_BODY;
	c->deadline_ms = mono_ms() + BODY_MS;
}

static void take_body(struct http_conn *c)
{
	if (c->in.len < c->body_left)
		return;
	c->req.body = arena_strndup(c->arena, buf_text(&c->in), c->body_left);
	c->req.body_n = c->body_left;
	buf_consume(&c->in, c->body_left);
	if (!c->in.len && c->in.cap > READ_SIZE)
		buf_free(&c->in);
	c->state = HTTP_BUSY;
	c->deadline_ms = 0;
	handler(c);
}

static void discard(struct http_conn *c)
{
	size_t n = c->in.len < c->body_left ? c->in.len : c->body_left;

	buf_consume(&c->in, n);
	c->body_left -= n;
	if (!c->body_left)
		refuse(c, 413);
}

static void advance(struct http_conn *c)
{
	enum http_state before;
	size_t had;

	do {
		before = c->state;
		had = c->in.len;
		if (c->state == HTTP_HEAD && c->in.len)
			take_head(c);
		else if (c->state == HTTP_BODY)
			take_body(c);
		else if (c->state == HTTP_DISCARD)
			discard(c);
		else if (c->state == HTTP_UPGRADED && c->in.len)
			c->data(c);
	} while (!c->dead && (c->state != before || c->in.len != had));
	if (c->dead)
		return;
	flush(c);
	watch(c);
}

static void conn_ready(struct source *s, uint32_t events)
{
	struct http_conn *c = (struct http_conn *)(void *)s;
	char chunk[READ_SIZE];
	ssize_t n;

	if (events & EPOLLOUT)
		flush(c);
	if (c->dead)
		return;
	if (!(events & EPOLLIN)) {
		if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			end(c);
		else
			advance(c);	/* what was sent ahead of the last answer */
		return;
	}
	n = recv(s->fd, chunk, sizeof(chunk), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(c);
		return;
	}
	if (c->state == HTTP_HEAD && !c->in.len)
		c->deadline_ms = mono_ms() + HEAD_MS;
	buf_add(&c->in, chunk, (size_t)n);
	if (c->in.full)
		end(c);
	else
		advance(c);
}

static void free_conn(struct http_conn *c)
{
	buf_free(&c->in);
	buf_free(&c->out);
	arena_free(c->arena);
	free(c);
}

/* Of the connections without a whole request, that which ends soonest goes, first of those that sent nothing: who
 * opens many and says nothing keeps nobody out. */
static bool make_room(void)
{
	struct http_conn *found = NULL;

	for (struct http_conn *c = conns; c; c = c->next) {
		bool waits = c->state == HTTP_HEAD || c->state == HTTP_BODY || c->state == HTTP_DISCARD;

		if (c->dead || !waits)
			continue;
		if (!found || (found->in.len && !c->in.len) ||
		    (!found->in.len == !c->in.len && c->deadline_ms < found->deadline_ms))
			found = c;
	}
	if (found)
		end(found);
	return found != NULL;
}

static void accept_ready(struct source *s, uint32_t events UNUSED)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	int fd = accept4(s->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
	struct http_conn *c;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			make_room();
		return;
	}
	if (conns_n >= HTTP_CONNS_MAX && !make_room()) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c = xcalloc(1, sizeof(*c));
	c->source = (struct source){ fd, conn_ready };
	c->in.max = IN_MAX;
	getnameinfo((struct sockaddr *)&from, n, c->peer, sizeof(c->peer), NULL, 0, NI_NUMERICHOST);
	next_request(c);
	c->next = conns;
	conns = c;
	conns_n++;
	loop_add(&c->source, EPOLLIN | EPOLLRDHUP);
}

static void expire(struct http_conn *c)
{
	if (c->state == HTTP_DISCARD)
		refuse(c, 413);
	else
		end(c);
}

static int64_t each_round(int64_t now)
{
	int64_t next = INT64_MAX;

	for (struct http_conn **p = &conns; *p;) {
		struct http_conn *c = *p;

		if (!c->dead && c->deadline_ms && now >= c->deadline_ms)
			expire(c);
		/* What a client sent ahead of an answer brings no event of its own. */
		if (!c->dead && c->state == HTTP_HEAD && c->in.len)
			advance(c);
		if (c->dead) {
			*p = c->next;
			free_conn(c);
			continue;
		}
		if (c->deadline_ms && c->deadline_ms < next)
			next = c->deadline_ms;
		p = &c->next;
	}
	return next;
}

void http_setup(const struct settings *s, void (*handle)(struct http_conn *c))
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found;
	char port[8];
	int fd, one = 1;

	conf = s;
	handler = handle;
	snprintf(port, sizeof(port), "%d", s->port);
	if (getaddrinfo(s->host, port, &want, &found) != 0)
		die("listen", "host=%s error=\"no such address\"", s->host);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, 256) < 0)
		die("listen", "host=%s port=%s error=%s", s->host, port, strerror(errno));
	freeaddrinfo(found);
	listener = (struct source){ fd, accept_ready };
	loop_add(&listener, EPOLLIN);
	loop_on_round(each_round);
}
