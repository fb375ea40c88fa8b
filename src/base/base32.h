#ifndef OW_BASE32_H
#define OW_BASE32_H

/* base32 - RFC 4648, section 6: keys that people type. */

#include "base/arena.h"
#include "base/buf.h"

/* Append the bytes in capitals, without padding. */
void base32_encode(struct buf *out, const void *p, size_t n);

/* The bytes; small letters count as capitals, padding may be there or not.  NULL: other characters, or
 * a length that no bytes have. */
unsigned char *base32_decode(struct arena *a, const char *s, size_t *n);

#endif
