#ifndef OW_EXECUTOR_HTTP_H
#define OW_EXECUTOR_HTTP_H

/*
 * http - the executor's own small HTTP/1.1 server: bodies with a length, kept connections, streams.
 *
 * A handler answers at once or later (http_answer), or starts a stream.  While it has not answered,
 * nothing more is read; a client that goes away is told to c->gone.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "executor/loop.h"
#include "executor/settings.h"

enum {
	HTTP_HEAD_MAX = 16 * 1024, HTTP_HEADERS_MAX = 64, HTTP_CONNS_MAX = 512,
	HTTP_DISCARD_MAX = 64 * 1024 * 1024,
};

enum http_state { HTTP_HEAD, HTTP_BODY, HTTP_DISCARD, HTTP_BUSY, HTTP_STREAM, HTTP_UPGRADED, HTTP_FLUSH };

struct http_header {
	const char *name, *value;
};

/* Everything lives in the request's arena. */
struct http_request {
	const char *method, *path, *query;	/* query: without "?", "" for none */
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t nheaders;
	const char *body;
	size_t body_n;
	bool keep;
};

struct http_conn {
	struct source source;
	char peer[64];
	enum http_state state;
	struct buf in, out;
	struct arena *arena;
	struct http_request req;
	size_t body_left;		/* of a body that is thrown away */
	int64_t deadline_ms;		/* 0: none */
	bool close_after, dead;
	void *context;			/* the handler's */
	void (*gone)(struct http_conn *c);	/* the client went away, or an upgraded socket ended */
	void (*data)(struct http_conn *c);	/* upgraded: more bytes are in c->in */
	struct http_conn *next;
};

void http_setup(const struct settings *s, void (*handle)(struct http_conn *c));

/* Parse a head (up to and with the empty line) into `q`; 0, or the status to refuse it with.
 * *length: the body's; SIZE_MAX when the text says more than fits a number. */
int http_parse_head(struct arena *a, const char *head, size_t n, struct http_request *q,
		    size_t *length);

const char *http_header(const struct http_request *q, const char *name);	/* NULL: absent */
/* A parameter of the query or of a form, decoded; NULL when absent. */
const char *http_param(struct arena *a, const char *text, const char *name);

/* Answer; `headers` are more lines, each ended by CRLF, or NULL. */
void http_answer(struct http_conn *c, int status, const char *type, const char *body, size_t n,
		 const char *headers);
void http_error(struct http_conn *c, int status, const char *error, const char *message,
		const char *headers);

/* An answer without a length: it ends with the connection. */
void http_stream_start(struct http_conn *c, const char *type);
void http_write(struct http_conn *c, const void *p, size_t n);
void http_end(struct http_conn *c);

/* 101: from now on c->data and c->gone. */
void http_upgrade(struct http_conn *c, const char *headers);

#endif
