#include "executor/ws.h"

#include <openssl/evp.h>

#include "base/base64.h"

#define WS_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { OP_MORE = 0, OP_TEXT = 1, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10, CONTROL_MAX = 125 };

struct frame {
	bool final;
	int op;
	size_t head, length;
	unsigned char mask[4];
};

/* A browser says whose page opens the socket; other clients say nothing. */
static bool same_site(const struct http_request *q)
{
	const char *origin = http_header(q, "origin"), *host = http_header(q, "host");
	const char *name = origin ? strstr(origin, "://") : NULL;

	return !origin || (name && text_eq(name + 3, host));
}

bool ws_accept(struct http_conn *c)
{
	const char *key = http_header(&c->req, "sec-websocket-key");
	const char *upgrade = http_header(&c->req, "upgrade");
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	char *joined;
	struct buf b = BUF_INIT;

	if (!key || strlen(key) > 64 || !upgrade || strcasecmp(upgrade, "websocket") != 0 ||
	    !same_site(&c->req)) {
		http_error(c, 400, "ValidationError", "a WebSocket is expected here", NULL);
		return false;
	}
	joined = arena_printf(c->arena, "%s" WS_GUID, key);
	EVP_Digest(joined, strlen(joined), sum, &n, EVP_sha1(), NULL);
	buf_adds(&b, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
	base64_encode(&b, sum, n);
	buf_adds(&b, "\r\n");
	http_upgrade(c, b.data);
	buf_free(&b);
	return true;
}

static void send_frame(struct http_conn *c, int op, const void *p, size_t n)
{
	unsigned char head[10] = { (unsigned char)(0x80 | op) };
	size_t used = 2;

	if (n < 126) {
		head[1] = (unsigned char)n;
	} else if (n < 65536) {
		head[1] = 126;
		head[2] = (unsigned char)(n >> 8);
		head[3] = (unsigned char)n;
		used = 4;
	} else {
		head[1] = 127;
		for (int i = 0; i < 8; i++)
			head[2 + i] = (unsigned char)((uint64_t)n >> (56 - 8 * i));
		used = 10;
	}
	http_write(c, head, used);
	http_write(c, p, n);
}

void ws_send_text(struct http_conn *c, const char *p, size_t n)
{
	send_frame(c, OP_TEXT, p, n);
}

/* 1 a whole frame, 0 not yet, -1 against the protocol. */
static int read_frame(const struct buf *in, struct frame *f)
{
	const unsigned char *p = (const unsigned char *)in->data;
	size_t extra;

	if (in->len < 2)
		return 0;
	f->final = p[0] & 0x80;
	f->op = p[0] & 0x0f;
	f->length = p[1] & 0x7f;
	extra = f->length == 126 ? 2 : f->length == 127 ? 8 : 0;
	if (p[0] & 0x70 || !(p[1] & 0x80) || (f->op >= OP_CLOSE && (extra || !f->final)))
		return -1;
	if (in->len < 2 + extra + 4)
		return 0;
	for (size_t i = 0; i < extra; i++)
		f->length = (i ? f->length << 8 : 0) | p[2 + i];
	if (f->length > WS_MESSAGE_MAX)
		return -1;
	memcpy(f->mask, p + 2 + extra, 4);
	f->head = 2 + extra + 4;
	return in->len >= f->head + f->length;
}

int ws_next(struct http_conn *c, struct buf *message)
{
	struct frame f;
	int rc;

	message->max = WS_MESSAGE_MAX;
	while ((rc = read_frame(&c->in, &f)) == 1) {
		char *p = c->in.data + f.head;

		for (size_t i = 0; i < f.length; i++)
			p[i] = (char)(p[i] ^ (char)f.mask[i % 4]);
		if (f.op == OP_PING)
			send_frame(c, OP_PONG, p, f.length);
		else if (f.op == OP_TEXT || f.op == OP_MORE)
			buf_add(message, p, f.length);
		else if (f.op != OP_PONG)
			rc = -1;
		if (f.op == OP_CLOSE)
			send_frame(c, OP_CLOSE, p, f.length < 2 ? 0 : 2);
		buf_consume(&c->in, f.head + f.length);
		if (rc < 0 || message->full || c->dead)
			return -1;
		if (f.final && (f.op == OP_TEXT || f.op == OP_MORE))
			return 1;
	}
	return rc;
}
