#ifndef OW_BUF_H
#define OW_BUF_H

/*
 * buf - a growing byte buffer with an upper bound.
 *
 * A buffer that would pass its maximum takes nothing more and stays `full`;
 * the writer checks once, at the end.  `data` is always NUL-terminated once
 * anything was added, so a buffer of text can be used as a C string.
 *
 * Ownership: buf_free() gives the memory back; buf_in() ties it to an arena.
 */

#include "base/arena.h"
#include "base/str.h"

enum { BUF_MAX_DEFAULT = 64 * 1024 * 1024 };

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;		/* bytes; 0 stands for BUF_MAX_DEFAULT */
	bool full;		/* something did not fit */
};

#define BUF_INIT { NULL, 0, 0, 0, false }

/* A buffer of at most `max` bytes (0: the default) whose memory goes with the arena. */
struct buf *buf_in(struct arena *a, size_t max);

void buf_free(struct buf *b);
void buf_reset(struct buf *b);			/* empty it, keep the memory */

/* Room for `n` more bytes; false (and full) when that would pass the maximum. */
bool buf_reserve(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addstr(struct buf *b, struct str s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void buf_addint(struct buf *b, int64_t v);

/* Text as a JSON string with its quotes (RFC 8259); invalid UTF-8 becomes U+FFFD. */
void buf_json(struct buf *b, const char *s);	/* NULL: null */
void buf_json_n(struct buf *b, const char *s, size_t n);

/* Text as it stands, but for invalid UTF-8, which becomes U+FFFD, and NUL, which is dropped. */
void buf_adds_clean(struct buf *b, const char *s, size_t n);

/* Text percent-encoded for a URI component (RFC 3986 unreserved kept). */
void buf_uri(struct buf *b, const char *s);

/* Take `n` bytes off the front. */
void buf_consume(struct buf *b, size_t n);

/* The text so far, never NULL. */
const char *buf_text(const struct buf *b);

#endif
