#ifndef OW_HTTP_CALL_H
#define OW_HTTP_CALL_H

/*
 * call - one request on its way through libcurl: for client.c, which gives each its thread, and loop.c,
 * which runs many on one.
 */

#include <curl/curl.h>

#include "http/client.h"

struct call {
	struct arena *arena;
	const struct http_request *req;
	struct http_answer *out;
	CURL *easy;
	struct curl_slist *headers;
	bool started, streaming;
	bool finished;
	size_t got;		/* bytes of this round */
	bool held;		/* libcurl keeps what came after them: a sink takes no more at once */
	int rounds;		/* of a paced call, that brought something */
	int64_t last_byte;
	char error[CURL_ERROR_SIZE];
};

/* Read the settings that all calls share.  Once, before threads start. */
void call_setup(void);

/* Verify the other side as the settings say. */
void call_secure(CURL *easy);

/* Prepare the easy handle; `out` and what it holds come from `a`. */
void call_init(struct call *c, struct arena *a, const struct http_request *req, struct http_answer *out, CURL *easy);

/* Take what libcurl says about transfers that ended: their calls are `finished` then. */
void call_take_messages(CURLM *multi);

/* Has the other side been silent for longer than the request allows? */
bool call_idle_too_long(const struct call *c);

/* It ends here. */
void call_end(struct call *c, enum http_end end, const char *error);

/* Everything but the handles: when the easy handle has left its multi handle. */
void call_free(struct call *c);

#endif
