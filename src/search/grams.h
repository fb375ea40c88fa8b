#ifndef OW_SEARCH_GRAMS_H
#define OW_SEARCH_GRAMS_H

/*
 * grams - the pieces of two and three characters that a text is made of, as numbers.
 *
 * A text can hold another one only when it has all of the other's pieces: PostgreSQL finds the texts that
 * have them with a GIN index over arrays of integers, which needs no extension, and only those are read.
 * The account's id goes into the numbers, so that nobody's search meets another one's texts.  Numbers of
 * different pieces may be the same: what is found has to be looked at.
 *
 * Texts are in lower case already, by the same lower() of PostgreSQL on both sides.
 */

#include "base/buf.h"

/* Append the distinct numbers of a text as a PostgreSQL array: {1,-2,…}. */
void grams_of_text(struct buf *out, const char *owner, struct str text);

/*
 * The numbers that a text must have to match LIKE '%needle%' with each of the needles (`n` of them; % and _ in
 * them are wildcards).  False when no needle has two characters in a row: everything may match.
 */
bool grams_of_needles(struct buf *out, const char *owner, const struct str *needles, size_t n);

#endif
