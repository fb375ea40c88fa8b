#ifndef OW_COMPLETIONS_H
#define OW_COMPLETIONS_H

/* completions - what the routes for API clients share. */

#include "fcgi/relay.h"
#include "turn/turn.h"

/* Ask the provider for the turn's form and answer the client with what it says, streamed or whole. */
int completions_direct(struct req *r, struct turn *t);

/* The same in another form: `how` says what becomes of the answer. */
int completions_run(struct req *r, struct turn *t, const struct relay *how);

/* Hand on a refusal: of a provider that speaks in events even then, its error; Ollama's under `detail`. */
int completions_refused(struct req *r, const struct http_answer *a, enum dialect d);

#endif
