#ifndef OW_UTF8_H
#define OW_UTF8_H

/* utf8 - RFC 3629, no more than the callers need. */

#include "base/base.h"

/* Length of the well-formed sequence at p (of at most n bytes), or 0. */
size_t utf8_len(const unsigned char *p, size_t n);

/* Is all of the text well-formed? */
bool utf8_valid(const char *s, size_t n);

/* Write code point c at `out` (4 bytes of room); the number of bytes written. */
size_t utf8_put(char *out, uint32_t c);

/* Bytes of the first `max` characters; a byte that belongs to none counts as one. */
size_t utf8_head(const char *s, size_t len, size_t max);

/* The largest prefix of s of at most n bytes that does not cut a character. */
size_t utf8_cut(const char *s, size_t len, size_t n);

#endif
