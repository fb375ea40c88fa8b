#ifndef OW_AUTH_FERNET_H
#define OW_AUTH_FERNET_H

/*
 * fernet - secrets in the database, sealed as the reference seals them, so that either can read what the
 * other wrote: version, time, AES-128-CBC, HMAC-SHA256, base64 for URLs.
 * Source: the Fernet specification; the key rule is the reference's.
 */

#include "base/arena.h"

enum { FERNET_MAX_BYTES = 1024 * 1024 };

struct fernet {
	unsigned char sign[16], crypt[16];
};

/* A text of 44 characters is the key in base64, of any other its SHA-256 is.  False: 44 characters
 * that are no key. */
bool fernet_key(struct fernet *f, const char *text);

char *fernet_seal(struct arena *a, const struct fernet *f, const char *text, size_t n);

/* The text and its length; NULL when it was not sealed with this key. */
char *fernet_open(struct arena *a, const struct fernet *f, const char *token, size_t *n);

#endif
