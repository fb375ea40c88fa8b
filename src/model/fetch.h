#ifndef OW_MODEL_FETCH_H
#define OW_MODEL_FETCH_H

/*
 * fetch - ask the connected providers which models they have.
 * Source: the answers of the reference to GET /api/models/base.
 */

#include "config/config.h"

enum { FETCH_MAX_MODELS = 20000 };

/* The list of all connections, as the reference shows it: [{id, name, owned_by, openai, urlIdx, …}], of
 * the arena; all are asked at once.  *partial: one had not answered when `timeout_ms` was over. */
struct json_object *models_fetch(struct arena *a, const struct config *c, int64_t timeout_ms,
				 bool *partial);

/* The settings of a connection (by its place, else by its address), or NULL. */
struct json_object *connection_settings(struct json_object *configs, size_t index, const char *url);

/* What tells one set of connections from another: hexadecimal digest of addresses, keys, settings. */
const char *connections_digest(struct arena *a, const struct config *c);

#endif
