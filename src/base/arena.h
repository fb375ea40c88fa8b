#ifndef OW_ARENA_H
#define OW_ARENA_H

/*
 * arena - memory that lives as long as one request, job or turn.
 *
 * Everything allocated from an arena is given back at once by arena_free() or
 * arena_reset(); nothing in it is freed alone.  Foreign objects (a PGresult, a
 * json_object, a file descriptor) are tied to an arena with arena_defer() and
 * are released in reverse order at its end.
 *
 * Errors: none.  Out of memory ends the process; every size that input can
 * drive has a named maximum where the input is read.
 * Threads: an arena belongs to one thread at a time.
 */

#include "base/base.h"

struct arena;

/* A new, empty arena.  Free it with arena_free(). */
struct arena *arena_new(void);

/* Run the deferred calls, last first, and give all memory back. NULL is fine. */
void arena_free(struct arena *a);

/* As arena_free(), but keep the first block so that the arena can be used again. */
void arena_reset(struct arena *a);

/* `size` bytes, zeroed, aligned for any object. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));

/* `count` objects of `size` bytes, zeroed; ends the process when the product overflows. */
void *arena_calloc(struct arena *a, size_t count, size_t size)
	__attribute__((malloc, returns_nonnull));

/* A NUL-terminated copy of `len` bytes at `s`. */
char *arena_strndup(struct arena *a, const char *s, size_t len);

/* A copy of the text `s`; NULL gives NULL. */
char *arena_strdup(struct arena *a, const char *s);

/* A copy with A to Z in lower case; NULL gives NULL. */
char *arena_lower(struct arena *a, const char *s);

/* A copy without ASCII white space at its ends; NULL gives "". */
char *arena_trim(struct arena *a, const char *s);

/* The number as decimal digits: a parameter of a statement. */
char *arena_i64(struct arena *a, int64_t n);

/* A formatted text. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Call fn(ptr) when the arena ends; calls run in reverse order of their registration. */
void arena_defer(struct arena *a, void (*fn)(void *), void *ptr);

/* Bytes handed out since the start or the last reset. */
size_t arena_used(const struct arena *a);

/* malloc and friends that end the process instead of failing. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull));

#endif
