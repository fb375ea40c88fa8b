#ifndef OW_RAND_H
#define OW_RAND_H

/* rand - random bytes from the kernel, and the ids made of them. */

#include "base/arena.h"

enum { UUID_SIZE = 37 };	/* with the NUL */

void rand_bytes(void *out, size_t n);

/* 2 * n hexadecimal digits and a NUL; `out` holds 2 * n + 1 bytes. */
void rand_hex(char *out, size_t n);

/* `n` random bytes (at most 64) as base64url (RFC 4648, section 5). */
char *rand_base64url(struct arena *a, size_t n);

/* UUID version 4 (RFC 9562), lower case. */
void uuid4(char out[UUID_SIZE]);

/* Does the text look like a UUID (8-4-4-4-12 hexadecimal digits)? */
bool uuid_valid(const char *s);

#endif
