#ifndef OW_TURN_BROWSER_H
#define OW_TURN_BROWSER_H

/*
 * browser - a model of a direct connection: the user's browser asks the provider and sends on what it says.
 * Source: contract/socketio.md, section 6; contract/chat-completions.md, section 10.
 *
 * The session gets request:chat:completion { form_data, model, channel, session_id } and acknowledges it;
 * what streams comes on the channel, as lines "data: …" or objects, { done: true } at its end.
 */

#include "http/client.h"
#include "turn/turn.h"

/* The model that the request brought along (spec.model_item), when it is the one that is asked for. */
bool browser_model(struct arena *a, struct json_object *item, const char *id, struct model *out);

/* Ask with t->form.  A stream is handed to on_text piece by piece (the text of one event), on_round follows
 * each; a whole answer is in out->body.  out->end and error as for http_run(). */
void browser_ask_model(struct turn *t, bool (*on_text)(void *ctx, struct str text), bool (*on_round)(void *ctx),
		       void *ctx, struct http_answer *out);

#endif
