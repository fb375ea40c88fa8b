#ifndef OW_TURN_PAYLOAD_H
#define OW_TURN_PAYLOAD_H

/*
 * payload - the request to the provider: what its kind wants to be named otherwise, address, headers.
 * Source: contract/chat-completions.md, sections 12 and 14.
 */

#include "http/client.h"
#include "turn/turn.h"

/* The last changes of t->form: the provider's name of the model, limits, roles. */
void payload_finish(struct turn *t);

/* The HTTP request for that body. */
void payload_request(struct turn *t, struct http_request *req);

/* "Authorization: Bearer …" and the connection's own headers for any call to the model's provider. */
const char *const *payload_headers(struct turn *t);

#endif
