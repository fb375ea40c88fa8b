#ifndef OW_PROVIDER_UPSTREAM_H
#define OW_PROVIDER_UPSTREAM_H

/*
 * upstream - a chat completion as the request that a model's connection understands: OpenAI's own form,
 * Azure's, the Responses API, Ollama's; and the way back.
 * Source: the reference's echo scenarios for each kind of connection.
 */

#include "http/client.h"
#include "model/model.h"
#include "provider/headers.h"

enum dialect { SPEAKS_CHAT, SPEAKS_RESPONSES, SPEAKS_OLLAMA };

enum { UPSTREAM_TIMEOUT_S = 300 };

enum dialect upstream_dialect(const struct connection *k);

/* The request for `form`, a chat completion whose parameters are applied; it can be used again for
 * another call.  NULL: made; else why it cannot be. */
const char *upstream_request(struct arena *a, const struct model *m, const struct caller *who,
			     struct json_object *form, struct http_request *req);

/* A whole answer (not a stream) as a chat completion; NULL for NULL. */
struct json_object *upstream_result(struct arena *a, enum dialect d, struct json_object *answer);

/* A POST of `body` with the connection's headers and the time limits of AIOHTTP_CLIENT_TIMEOUT. */
void upstream_post(struct arena *a, const struct connection *k, const struct caller *who, const char *url,
		   struct json_object *body, struct http_request *req);

#endif
