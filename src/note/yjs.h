#ifndef OW_NOTE_YJS_H
#define OW_NOTE_YJS_H

/*
 * yjs - updates of shared documents: read and put together, without the documents themselves.
 *
 * An update (version 1 of the encoding) is a list of structs by client and clock, and a set of deleted
 * ranges.  Two updates say together what one says that holds the structs of both, each once; nothing of
 * what they mean has to be known for that.
 *
 * Source: the encoding as yjs and lib0 write it (github.com/yjs/yjs, INTERNALS.md).
 */

#include "base/buf.h"
#include "base/str.h"

enum {
	YJS_STRUCTS_MAX = 1000000,	/* of all updates together */
	YJS_DEPTH_MAX = 64,		/* of a value inside */
};

/* Does it decode to its end? */
bool yjs_valid(struct arena *a, struct str update);

/* One update that says what all of them say: clients in descending order.  False: one does not decode, or
 * it is too much. */
bool yjs_merge(struct arena *a, const struct str *updates, size_t n, struct buf *out);

#endif
