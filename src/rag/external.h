#ifndef OW_RAG_EXTERNAL_H
#define OW_RAG_EXTERNAL_H

/*
 * external - connections to vector databases that others fill, in the setting `external_knowledge.connections`:
 *
 *	[{ id, name, provider: "qdrant"|"milvus"|"pgvector", endpoint, auth_config: {}, config: { timeout, db_name },
 *	   capabilities, health: null | { ok, provider, checked_at }, enabled, created_by, created_at, updated_at }]
 *
 * Source: recorded answers (knowledge-external).
 */

#include "config/config.h"

struct json_object *external_list(struct arena *a, const struct config *cfg);	/* a tree of its own */

struct json_object *external_find(struct json_object *list, const char *id);	/* NULL: none */

/* The connection that a checked form makes, of `old` (may be NULL) and by the account `user_id`; NULL
 * with *why, a text for the client.  Without auth_config in the form the old one stays. */
struct json_object *external_made(struct arena *a, struct json_object *form, struct json_object *old,
				  const char *user_id, const char **why);

/* As answers show it: auth_configured instead of the secrets. */
struct json_object *external_shown(struct arena *a, struct json_object *connection);

/* Note whether it could be used, which is what its test says: on, and with an address.  The note
 * belongs to the connection. */
struct json_object *external_tested(struct json_object *connection);

#endif
