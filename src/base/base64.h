#ifndef OW_BASE64_H
#define OW_BASE64_H

/* base64 - RFC 4648, strict: other characters are refused. */

#include "base/arena.h"
#include "base/buf.h"

/* Append the bytes, with padding. */
void base64_encode(struct buf *out, const void *p, size_t n);

/* The same in the alphabet of URLs (section 5), without padding. */
void base64url_encode(struct buf *out, const void *p, size_t n);

/* The bytes, NUL behind them; NULL when it is not base64 with its padding. */
char *base64_decode(struct arena *a, const char *s, size_t n, size_t *out_n);

/* The same in the alphabet of URLs; padding may be there or not. */
char *base64url_decode(struct arena *a, const char *s, size_t n, size_t *out_n);

#endif
