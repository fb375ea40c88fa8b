#ifndef OW_STR_H
#define OW_STR_H

/*
 * str - a piece of text that somebody else owns, and checked number parsing.
 */

#include "base/base.h"

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })

static inline struct str str_of(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

bool str_eq(struct str s, const char *lit);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
struct str str_trim(struct str s);			/* ASCII white space */

/* Cut *rest at the first `sep`: returns the part before it, moves *rest behind it.
 * When `sep` is absent the whole of *rest is returned and *rest becomes { NULL, 0 }. */
struct str str_split(struct str *rest, char sep);

/* `hay` contains the C string `needle`? */
bool str_has(struct str hay, const char *needle);

/* Whole text as a decimal number within [min, max]; false: *out is untouched. */
bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out);
bool text_to_i64(const char *s, int64_t min, int64_t max, int64_t *out);
bool text_to_double(const char *s, double *out);

/* NULL-safe equality and prefix test of C strings. */
bool text_eq(const char *a, const char *b);
bool text_starts(const char *s, const char *prefix);

/* NULL or ""? */
static inline bool text_empty(const char *s)
{
	return !s || !*s;
}

/* Constant-time comparison of secrets of the same length. */
bool secret_eq(const char *a, const char *b);

#endif
