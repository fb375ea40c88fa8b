#ifndef OW_RELAY_H
#define OW_RELAY_H

/*
 * relay - hand a provider's answer on to the client: a stream as it comes, anything else when it is
 * complete.
 *
 * A stream whose bytes need no change passes through unparsed.  The client's hanging up ends the
 * request to the provider, and a client that reads slowly slows the provider down.
 */

#include "fcgi/request.h"
#include "provider/chunks.h"

struct relay {
	/* The media type under which a stream goes out; NULL: the provider's own. */
	const char *type;
	/* Whatever is no refusal is a stream: Ollama's progress lines. */
	bool any_type;
	/* Refusals that come as event streams are handed on as streams too. */
	bool any_status;
	/* Convert: the bytes become chunks (provider/chunks.h), and `convert` appends to `out` what the
	 * client gets of each; `begin` and `end` what comes before and after.  complete: it did not break
	 * off.  What a callback returns false for ends the stream. */
	enum dialect dialect;
	bool (*convert)(void *ctx, struct str chunk, struct buf *out);
	void (*begin)(void *ctx, struct buf *out);
	void (*end)(void *ctx, bool complete, struct buf *out);
	void *ctx;
	/* An answer that is no stream; NULL: relay_whole(). */
	int (*whole)(struct req *r, const struct http_answer *a, void *ctx);
	/* What to say when no answer came; NULL: 500 "Open WebUI: Server Connection Error". */
	int (*failed)(struct req *r, const struct http_answer *a);
};

/* A chunk as an event of a chat completion's stream: for `convert`. */
bool relay_event(void *ctx, struct str chunk, struct buf *out);

/* Give the database connection back, run the request, answer the client. */
int relay_run(struct req *r, struct http_request *req, const struct relay *how);

/* The body as it came, with its status: JSON, else plain text. */
int relay_whole(struct req *r, const struct http_answer *a);

/* A whole answer at once: false when none came (the client has its answer then). */
bool relay_fetch(struct req *r, struct http_request *req, struct http_answer *a);

/* The body of an answer as a tree; NULL: it is no JSON. */
struct json_object *relay_tree(struct req *r, const struct http_answer *a);

/* Retry-After and the like of a refusal. */
void relay_retry_headers(struct req *r, const struct http_answer *a);

/* Who asks, for the headers of a request to a provider. */
struct caller relay_caller(struct req *r);

#endif
