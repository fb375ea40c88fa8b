#ifndef OW_TURN_PARAMS_H
#define OW_TURN_PARAMS_H

/*
 * params - what a request, the model and the settings say about how to answer: those of the request over
 * the model's over the global ones.  Source: contract/chat-completions.md, section 12.
 */

#include "turn/turn.h"

/* Merge them into t->params and note what steers us.  False: a choice of the request is not offered. */
bool params_merge(struct turn *t);

/* Those of t->params that are the provider's, with the custom ones over the others; of the arena. */
struct json_object *params_of_provider(struct turn *t);

/* Put the rest into t->form, where the form does not say otherwise. */
void params_apply(struct turn *t);

#endif
