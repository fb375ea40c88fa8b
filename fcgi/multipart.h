#ifndef OW_MULTIPART_H
#define OW_MULTIPART_H

/*
 * multipart - a form with files, read in memory.  Source: RFC 7578.
 *
 * For small uploads; big ones are read from the request piece by piece.
 */

#include "base/arena.h"
#include "base/str.h"

enum { MULTIPART_PARTS_MAX = 10000 };

struct part {
	const char *name;
	const char *filename;		/* as sent; NULL: a plain field */
	const char *type;		/* "" when not told */
	struct str data;		/* inside of the body */
};

/* The parts of a body of that Content-Type, in their order; *out lives in the arena. */
size_t multipart_read(struct arena *a, const char *content_type, struct str body, struct part **out);

#endif
