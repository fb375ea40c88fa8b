#ifndef OW_PROVIDER_CONNECTION_H
#define OW_PROVIDER_CONNECTION_H

/*
 * connection - the provider connections of the settings: openai.* and ollama.*.
 *
 * A connection is an address, a key and a settings object: { enable, prefix_id, tags, model_ids,
 * connection_type, provider, api_type, api_version, auth_type, headers, key, … }.
 * Source: the reference's settings pages and its answers to them.
 */

#include "config/config.h"

enum connection_kind { CONNECTION_OPENAI, CONNECTION_OLLAMA };

enum { CONNECTIONS_MAX = 256 };

struct connection {
	enum connection_kind kind;
	size_t index;			/* its place in the list of addresses */
	const char *url;		/* without a slash behind */
	const char *key;		/* "" for none */
	struct json_object *settings;	/* NULL: none */
};

/* Is that kind switched on? */
bool connections_on(const struct config *c, enum connection_kind kind);

/* All that have an address, also those that are switched off; *out lives in the arena. */
size_t connections_list(struct arena *a, const struct config *c, enum connection_kind kind,
			struct connection **out);

/* The one at a place; false: there is none. */
bool connection_at(struct arena *a, const struct config *c, enum connection_kind kind, int64_t index,
		   struct connection *out);

bool connection_enabled(const struct connection *k);

/* A text of its settings. */
const char *connection_setting(const struct connection *k, const char *name, const char *def);

/* A model's name without the connection's prefix: a part of `id`. */
const char *connection_strip(const struct connection *k, const char *id);

bool connection_is_anthropic(const struct connection *k);
bool connection_is_azure(const struct connection *k);
/* Azure's newer interface: that of OpenAI, below /openai/v1. */
bool connection_is_azure_v1(const struct connection *k);
const char *connection_azure_version(const struct connection *k);
/* Does chat go by the Responses API? */
bool connection_is_responses(const struct connection *k);

/* The address of an operation ("chat/completions") for a model; NULL: the model's name cannot be part
 * of an Azure deployment's address. */
const char *connection_url(struct arena *a, const struct connection *k, const char *operation,
			   const char *model);

/* What tells one set of connections from another: hexadecimal digest of addresses, keys, settings. */
const char *connections_digest(struct arena *a, const struct config *c);

#endif
