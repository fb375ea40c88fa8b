#ifndef OW_EXECUTOR_BASE64_H
#define OW_EXECUTOR_BASE64_H

/* base64 - RFC 4648, strict: padding is demanded, other characters are refused. */

#include "base/buf.h"

void base64_encode(struct buf *out, const void *p, size_t n);

/* Decoded bytes in the arena, or NULL. */
char *base64_decode(struct arena *a, const char *s, size_t n, size_t *out_n);

#endif
