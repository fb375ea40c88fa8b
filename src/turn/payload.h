#ifndef OW_TURN_PAYLOAD_H
#define OW_TURN_PAYLOAD_H

/*
 * payload - the request that the provider gets: parameters, system prompt, messages; nothing of the
 * web UI's own fields.  Source: contract/chat-completions.md, sections 12 and 14.
 */

#include "http/client.h"
#include "turn/turn.h"

/* Parameters of the request over those of the model over the global ones; an object of the arena. */
struct json_object *payload_params(struct arena *a, const struct config *c, const struct model *m,
				   struct json_object *request);

/* Turn t->form (which has `messages`) into the provider's body: sets model, parameters, prompt. */
void payload_prepare(struct turn *t);

/* The branch of the chat that ends at the user's message, into t->form; false: cannot be read. */
bool payload_load_history(struct turn *t);

/* The HTTP request for that body. */
void payload_request(struct turn *t, struct http_request *req);

/* "Authorization: Bearer …" and the connection's own headers for any call to the model's provider. */
const char *const *payload_headers(struct turn *t);

#endif
