#ifndef OW_EXECUTOR_OUTPUT_H
#define OW_EXECUTOR_OUTPUT_H

/* output - a stream of a program, decoded over its whole length and cut at a cap. */

#include "base/buf.h"

struct output {
	struct buf text;		/* well-formed UTF-8 */
	size_t max;			/* bytes of it */
	bool cut;
	unsigned char tail[4];		/* the beginning of a character whose rest has not come */
	size_t tail_n;
	size_t shown;			/* bytes that a stream's reader has been given */
};

void output_add(struct output *o, const void *p, size_t n);

/* The stream has ended: what is left of a character is no character. */
void output_end(struct output *o);

#endif
