#ifndef OW_TURN_PAYLOAD_H
#define OW_TURN_PAYLOAD_H

/*
 * payload - the request to the provider: what its kind wants to be named otherwise, address, headers.
 * Source: contract/chat-completions.md, sections 12 and 14.
 */

#include "http/client.h"
#include "provider/upstream.h"
#include "turn/turn.h"

/* The last changes of t->form: the provider's name of the model, limits, roles. */
void payload_finish(struct turn *t);

/* The request for that body, in the words of the model's provider.  `who` is payload_caller(), with what
 * is known of a client that waits.  NULL: made; else why it cannot be. */
const char *payload_request(struct turn *t, const struct caller *who, struct http_request *req);

/* On whose behalf the turn asks. */
struct caller payload_caller(const struct turn *t);

#endif
