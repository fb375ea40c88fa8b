#include "http/ws.h"

#include <openssl/evp.h>
#include <poll.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/rand.h"
#include "http/call.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { OP_MORE = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10, SEND_MS = 10000, PIECE = 16384 };

struct ws {
	CURL *easy;
	struct arena *arena;
	struct buf *in;			/* received and not yet looked at */
	struct buf *message;		/* fragments of the one that is coming in */
};

static void close_ws(void *p)
{
	struct ws *w = p;

	curl_easy_cleanup(w->easy);
}

static bool wait_for(struct ws *w, short events, int64_t ms)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	struct pollfd p;

	curl_easy_getinfo(w->easy, CURLINFO_ACTIVESOCKET, &fd);
	p = (struct pollfd){ .fd = fd, .events = events };
	return fd != CURL_SOCKET_BAD && ms > 0 && poll(&p, 1, (int)ms) > 0;
}

static bool send_all(struct ws *w, const char *p, size_t n)
{
	int64_t until = mono_ms() + SEND_MS;

	while (n) {
		size_t sent = 0;
		CURLcode rc = curl_easy_send(w->easy, p, n, &sent);

		if (rc == CURLE_AGAIN && wait_for(w, POLLOUT, until - mono_ms()))
			continue;
		if (rc != CURLE_OK)
			return false;
		p += sent;
		n -= sent;
	}
	return true;
}

/* More bytes into w->in: 1, 0 none within the time, -1 the end. */
static int receive(struct ws *w, int64_t ms)
{
	int64_t until = mono_ms() + ms;
	char piece[PIECE];

	for (;;) {
		size_t n = 0;
		CURLcode rc = curl_easy_recv(w->easy, piece, sizeof(piece), &n);

		if (rc == CURLE_OK && n) {
			buf_add(w->in, piece, n);
			return w->in->full ? -1 : 1;
		}
		if (rc != CURLE_AGAIN)
			return -1;
		if (!wait_for(w, POLLIN, until - mono_ms()))
			return 0;
	}
}

/* "Sec-WebSocket-Accept" for a key. */
static const char *accept_of(struct arena *a, const char *key)
{
	const char *joined = arena_printf(a, "%s" GUID, key);
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;

	EVP_Digest(joined, strlen(joined), sum, &n, EVP_sha1(), NULL);
	base64_encode(b, sum, n);
	return b->data;
}

/* The head of the answer, off w->in; NULL: none came. */
static const char *read_head(struct ws *w, int64_t timeout_ms)
{
	int64_t until = mono_ms() + timeout_ms;
	const char *end;
	char *head;

	while (!(end = strstr(buf_text(w->in), "\r\n\r\n")))
		if (w->in->len > WS_HEAD_MAX || receive(w, until - mono_ms()) <= 0)
			return NULL;
	head = arena_strndup(w->arena, w->in->data, (size_t)(end - w->in->data) + 2);
	buf_consume(w->in, strlen(head) + 2);
	return head;
}

static bool head_fits(struct arena *a, const char *head, const char *key)
{
	struct str rest = str_of(head), line = str_split(&rest, '\n');
	bool accepted = false;

	if (!str_starts(line, "HTTP/1.1 101"))
		return false;
	while (rest.n) {
		struct str value, name;

		value = str_split(&rest, '\n');
		name = str_split(&value, ':');
		if (name.n == 20 && strncasecmp(name.p, "Sec-WebSocket-Accept", 20) == 0)
			accepted = str_eq(str_trim(value), accept_of(a, key));
	}
	return accepted;
}

/* Ask for the upgrade. */
static bool shake(struct ws *w, const char *url, const char *const *headers, int64_t timeout_ms)
{
	const char *host = strstr(url, "://") + 3, *head;
	size_t n = strcspn(host, "/?");
	struct buf *b = buf_in(w->arena, 0), *key = buf_in(w->arena, 0);
	unsigned char raw[16];

	rand_bytes(raw, sizeof(raw));
	base64_encode(key, raw, sizeof(raw));
	buf_printf(b, "GET %s%s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", host[n] == '/' ? "" : "/", host + n,
		   (int)n, host, key->data);
	for (; headers && *headers; headers++)
		buf_printf(b, "%s\r\n", *headers);
	buf_adds(b, "\r\n");
	if (!send_all(w, b->data, b->len))
		return false;
	head = read_head(w, timeout_ms);
	return head && head_fits(w->arena, head, key->data);
}

struct ws *ws_open(struct arena *a, const char *url, const char *const *headers, int64_t timeout_ms,
		   const char **error)
{
	struct ws *w = arena_alloc(a, sizeof(*w));
	CURLcode rc;

	*error = "the address is none of a web service";
	if (!text_starts(url, "http://") && !text_starts(url, "https://"))
		return NULL;
	w->arena = a;
	w->easy = curl_easy_init();
	w->in = buf_in(a, 2 * WS_TEXT_MAX);
	w->message = buf_in(a, WS_TEXT_MAX);
	if (!w->easy)
		abort();
	arena_defer(a, close_ws, w);
	call_secure(w->easy);
	curl_easy_setopt(w->easy, CURLOPT_URL, url);
	curl_easy_setopt(w->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(w->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(w->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(w->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	rc = curl_easy_perform(w->easy);
	if (rc != CURLE_OK) {
		*error = curl_easy_strerror(rc);
		return NULL;
	}
	*error = "the service does not open a WebSocket";
	return shake(w, url, headers, timeout_ms) ? w : NULL;
}

static bool send_frame(struct ws *w, int op, const char *p, size_t n)
{
	unsigned char head[14] = { (unsigned char)(0x80 | op) }, *mask;
	struct buf b = { .max = WS_TEXT_MAX + sizeof(head) };
	size_t used = 2;
	bool sent;

	if (n < 126) {
		head[1] = (unsigned char)(0x80 | n);
	} else {
		size_t bytes = n < 65536 ? 2 : 8;

		head[1] = (unsigned char)(0x80 | (bytes == 2 ? 126 : 127));
		for (size_t i = 0; i < bytes; i++)
			head[2 + i] = (unsigned char)((uint64_t)n >> (8 * (bytes - 1 - i)));
		used += bytes;
	}
	mask = head + used;
	rand_bytes(mask, 4);
	buf_add(&b, head, used + 4);
	if (buf_reserve(&b, n))
		for (size_t i = 0; i < n; i++)
			buf_addc(&b, (char)(p[i] ^ (char)mask[i % 4]));
	sent = !b.full && send_all(w, b.data, b.len);
	buf_free(&b);
	return sent;
}

bool ws_send(struct ws *w, const char *text, size_t n)
{
	return n <= WS_TEXT_MAX && send_frame(w, OP_TEXT, text, n);
}

/* The next frame of w->in: its length with the head, 0 not yet whole, -1 against the rules. */
static ssize_t frame(const struct buf *in, int *op, bool *final, size_t *head)
{
	const unsigned char *p = (const unsigned char *)in->data;
	size_t extra, n;

	if (in->len < 2)
		return 0;
	*op = p[0] & 0x0f;
	*final = p[0] & 0x80;
	n = p[1] & 0x7f;
	extra = n == 126 ? 2 : n == 127 ? 8 : 0;
	if ((p[0] & 0x70) || (p[1] & 0x80) || (*op >= OP_CLOSE && (extra || !*final)))
		return -1;
	if (in->len < 2 + extra)
		return 0;
	for (size_t i = 0; i < extra; i++)
		n = (i ? n << 8 : 0) | p[2 + i];
	*head = 2 + extra;
	if (n > WS_TEXT_MAX)
		return -1;
	return in->len >= *head + n ? (ssize_t)(*head + n) : 0;
}

/* Deal with one whole frame: 1 a message is complete, 0 go on, -1 the end. */
static int take(struct ws *w, int op, bool final, const char *p, size_t n)
{
	switch (op) {
	case OP_PING:
		return send_frame(w, OP_PONG, p, n) ? 0 : -1;
	case OP_PONG:
		return 0;
	case OP_TEXT:
	case OP_BINARY:
	case OP_MORE:
		buf_add(w->message, p, n);
		return w->message->full ? -1 : final;
	default:
		return -1;
	}
}

int ws_read(struct ws *w, int64_t timeout_ms, struct buf *out)
{
	int64_t until = mono_ms() + timeout_ms;

	for (;;) {
		size_t head = 0;
		bool final = false;
		int op = 0, rc;
		ssize_t n = frame(w->in, &op, &final, &head);

		if (n < 0)
			return -1;
		if (!n) {
			rc = receive(w, until - mono_ms());
			if (rc <= 0)
				return rc;
			continue;
		}
		rc = take(w, op, final, w->in->data + head, (size_t)n - head);
		buf_consume(w->in, (size_t)n);
		if (rc < 0)
			return -1;
		if (rc) {
			buf_reset(out);
			buf_add(out, w->message->data, w->message->len);
			buf_reset(w->message);
			return 1;
		}
	}
}
