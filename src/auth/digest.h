#ifndef OW_AUTH_DIGEST_H
#define OW_AUTH_DIGEST_H

/* digest - what may be kept of a secret that is only ever compared. */

#include "base/arena.h"

/* SHA-256 of a text in hexadecimal digits (FIPS 180-4). */
char *text_digest(struct arena *a, const char *text);

#endif
