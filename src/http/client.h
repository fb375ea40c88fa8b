#ifndef OW_HTTP_CLIENT_H
#define OW_HTTP_CLIENT_H

/*
 * client - requests to providers and other outside services, by libcurl.
 *
 * A call blocks its thread, but ends at once when its `cancel_fd` becomes readable, also while the
 * other side is silent.  Connections are kept and used again.  Bodies are bounded; compressed ones
 * count as they come out.  Redirects are not followed.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum {
	HTTP_BODY_MAX = 32 * 1024 * 1024,	/* bytes of an answer that is kept */
	HTTP_HEAD_MAX = 64 * 1024,
	HTTP_CONNECT_MS = 10000,
};

struct http_request {
	const char *method;
	const char *url;
	const char *const *headers;	/* "Name: value", ends with NULL; may be NULL */
	const char *body;		/* NULL: none */
	size_t body_len;
	int64_t timeout_ms;		/* for all of it; 0: none */
	int64_t idle_ms;		/* without a byte; 0: none */
	int cancel_fd;			/* -1: none */
	size_t max_body;		/* 0: HTTP_BODY_MAX; does not count with on_data */
	bool keep_head;			/* for http_header() */
	bool public_only;		/* connect to addresses of the open internet only */

	/* With on_data the body is handed on in pieces and not kept.  on_start is called first, with the
	 * status, the media type and the first bytes (none: an empty body): false keeps the body instead
	 * (an error answer).  on_data: false ends the call. */
	bool (*on_start)(void *ctx, int status, const char *type, struct str first);
	bool (*on_data)(void *ctx, const char *data, size_t len);
	/* After each round of on_data calls, and at least every second. */
	bool (*on_round)(void *ctx);
	/* One of the streams of this process: where several run, each rests for some milliseconds after a
	 * round that brought data, so that the next one brings more with the same system calls. */
	bool paced;
	/* http_run_shared() only, for an on_data that keeps what its peer, the other end of cancel_fd, does
	 * not take at once: sends more of it; how many bytes are left, -1 when the peer has gone.  While some
	 * are left no more data is read. */
	ssize_t (*drain)(void *ctx);
	void *ctx;
};

enum http_end {
	HTTP_DONE,
	HTTP_CANCELLED,		/* cancel_fd */
	HTTP_ABORTED,		/* a callback said so */
	HTTP_FAILED,		/* no connection, connection lost, time-out: `error` */
	HTTP_TOO_LARGE,
};

struct http_answer {
	enum http_end end;
	int status;		/* 0: none came */
	const char *type;	/* Content-Type, "" when absent */
	const char *retry_after, *retry_after_ms;	/* headers, NULL when absent */
	struct buf *head;	/* the lines of the answer's head, with keep_head; else NULL */
	const char *location;	/* of a redirect, NULL when absent */
	int64_t length;		/* Content-Length, 0 when it was not told */
	struct buf *body;	/* never NULL */
	bool timed_out;		/* it failed because its time was over */
	const char *error;	/* why it failed, for the log and the client; NULL when it did not */
};

/* Once, before threads start. */
void http_setup(void);

/* Do so many paced streams run that they rest? */
bool http_crowded(void);

/* Run the request; true when it ended with HTTP_DONE, whatever the status. */
bool http_run(struct arena *a, const struct http_request *req, struct http_answer *out);

/* A header of an answer whose head was kept, of the arena; NULL when it has none. */
const char *http_header(struct arena *a, const struct http_answer *answer, const char *name);

/* Run several at once (each with its own answer) until all have ended or `timeout_ms` has passed. */
void http_run_all(struct arena *a, const struct http_request *reqs, struct http_answer *out, size_t n,
		  int64_t timeout_ms);

#endif
