#ifndef OW_PROVIDER_COUNTING_H
#define OW_PROVIDER_COUNTING_H

/*
 * counting - requests in Anthropic's own form, and how many tokens a question has before it is answered.
 *
 * Many servers cannot count; one that could not is left in peace for COUNTING_PAUSE_S.
 */

#include "http/client.h"
#include "provider/upstream.h"

enum { COUNTING_PAUSE_S = 300 };

/* A POST of `body` to a path of the connection ("/messages"). */
void anthropic_post(struct arena *a, const struct connection *k, const struct caller *who, const char *path,
		    struct json_object *body, struct http_request *req);

/* Is it worth asking? */
bool counting_worth(const struct connection *k);

/* Ask /messages/count_tokens; -1: not told. */
int64_t counting_run(struct arena *a, const struct connection *k, const struct http_request *req);

#endif
