#ifndef OW_MODEL_FETCH_H
#define OW_MODEL_FETCH_H

/*
 * fetch - ask the connected providers which models they have, all at once.
 *
 *	struct fetch *f = fetch_new(a, config);
 *	bool all = fetch_ask(f, 2500, true);
 *	struct json_object *list = fetch_items(f);
 *
 * No provider delays another: a list can be had while some have not answered, and asking again goes on
 * with those.  A provider that was slow the last time is waited for only briefly, and is represented by
 * what it answered before; one that fails has no models.
 * Source: the answers of the reference to GET /api/models/base.
 */

#include "provider/connection.h"

struct fetch;

struct fetch *fetch_new(struct arena *a, const struct config *c);

/* Ask those that have not answered yet.  `briefly`: a slow one may answer later.  True: there is no
 * other to wait for. */
bool fetch_ask(struct fetch *f, int64_t timeout_ms, bool briefly);

/* What is known so far, of the arena: [{id, name, owned_by, openai, urlIdx, …}]. */
struct json_object *fetch_items(struct fetch *f);

#endif
