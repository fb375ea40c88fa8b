#ifndef OW_PROVIDER_LISTING_H
#define OW_PROVIDER_LISTING_H

/*
 * listing - what the providers' own lists of models become: the items of GET /api/models/base.
 * Source: the answers of the reference to GET /openai/models, /ollama/api/tags and /api/models/base.
 */

#include "provider/connection.h"

enum { LISTING_MAX = 20000 };		/* models in all */

/* A list under construction. */
struct listing {
	struct arena *arena;
	struct json_object *openai;		/* items, in order */
	struct json_object *openai_ids;		/* ids as keys */
	struct json_object *ollama;		/* { id: the server's description, with `urls` } */
};

void listing_init(struct listing *l, struct arena *a);

/* The models that an administrator named himself, as the answer of a server; NULL: none are named. */
struct json_object *listing_named(struct arena *a, const struct connection *k);

/* Add what an OpenAI-compatible server answered to /models: a list, or { data: [...] }.  The tree is
 * changed. */
void listing_add_openai(struct listing *l, const struct connection *k, struct json_object *answer);

/* Add what an Ollama server answered to /api/tags. */
void listing_add_ollama(struct listing *l, const struct connection *k, struct json_object *answer);

/* Models of /api/ps with the connection's prefix; the tree is changed. */
void listing_prefix(struct arena *a, const struct connection *k, struct json_object *models);

/* Note from /api/ps (after all have been added) until when its models stay in memory. */
void listing_note_loaded(struct listing *l, const struct connection *k, struct json_object *answer);

/* The models of OpenAI connections as their servers describe them. */
struct json_object *listing_originals(struct listing *l);

/* All items: those of OpenAI connections, then Ollama's. */
struct json_object *listing_items(struct listing *l);

#endif
