#ifndef OW_AUDIT_REDACT_H
#define OW_AUDIT_REDACT_H

/*
 * redact - texts without the secrets in them.
 *
 * A name sounds like a secret's when it is, or ends in, password, token, secret, key and their like:
 * "api_key", "OPENAI_API_KEYS", "Client-Secret".
 */

#include "base/arena.h"
#include "base/buf.h"

bool secret_name(struct str name);

/* JSON text, which may be cut off anywhere or be none, with "********" in the place of every value under
 * such a name, also in JSON texts that its strings hold, and in what a 422 repeats of a bad value. */
void redact_json(struct buf *out, struct str text);

/* A URL, with the same done to its query string. */
void redact_url(struct buf *out, const char *url);

#endif
