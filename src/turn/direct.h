#ifndef OW_TURN_DIRECT_H
#define OW_TURN_DIRECT_H

/*
 * direct - a completion for an API client: nothing is stored, the provider's bytes are passed on.
 */

#include "http/client.h"
#include "turn/turn.h"

/* Set up a turn that has only a provider's request: t->form is the client's body.  False: t->failure. */
bool direct_init(struct turn *t, struct arena *a, const struct user *u, const struct model *m,
		 struct json_object *form);

/* Set up a turn for the providers' own routes: the model's parameters and its prompt are put into the
 * body, nothing else is read or changed. */
void direct_plain(struct turn *t, struct arena *a, const struct user *u, const struct model *m,
		  struct json_object *form);

/* The same for a body of Ollama's /api/chat. */
void direct_ollama(struct arena *a, const struct user *u, const struct model *m, struct json_object *form);

/* The error object in a refusal that came as an event stream, as JSON text with the status as its
 * code; or NULL. */
const char *direct_stream_error(struct arena *a, const struct buf *body, int status);

#endif
