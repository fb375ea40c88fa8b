#ifndef OW_OAUTH_DISCOVERY_H
#define OW_OAUTH_DISCOVERY_H

/*
 * discovery - documents that providers publish about themselves: endpoints and keys.
 *
 * A process keeps what it fetched.  A discovery document is good for an hour, and when the provider
 * cannot be reached then, for as long as it cannot.  Keys are asked for again when a token names one
 * that is not among them: the caller says how old a copy it takes.
 * Source: OpenID Connect Discovery 1.0, RFC 8414.
 */

#include "json/json.h"

enum {
	DOCUMENT_MAX_BYTES = 512 * 1024,
	DOCUMENTS_MAX = 64,		/* kept at a time */
	DOCUMENT_AGE_MS = 3600 * 1000,
};

/* The discovery document of `url`; NULL: it cannot be had, which has been logged. */
struct json_object *discovery_metadata(struct arena *a, const char *url, int64_t timeout_ms);

/* The JWK set at `url`, fetched at most `max_age_ms` ago (0: now); NULL: it cannot be had. */
struct json_object *discovery_keys(struct arena *a, const char *url, int64_t max_age_ms,
				   int64_t timeout_ms);

/* Any JSON object by GET, never kept; NULL when the answer is not 200 or no object. */
struct json_object *discovery_fetch(struct arena *a, const char *url, int64_t timeout_ms);

/* The copies themselves, under any name: one that is at most that old (NULL: there is none), and a new one. */
struct json_object *discovery_recall(struct arena *a, const char *name, int64_t max_age_ms);
void discovery_keep(const char *name, const char *text);

void discovery_forget(void);		/* tests */

#endif
