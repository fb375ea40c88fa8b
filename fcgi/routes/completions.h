#ifndef OW_COMPLETIONS_H
#define OW_COMPLETIONS_H

/* completions - what the routes for API clients share. */

#include "fcgi/request.h"
#include "turn/turn.h"

/* Ask the provider for the turn's form and answer the client with what it says, streamed or whole. */
int completions_direct(struct req *r, struct turn *t);

#endif
