#ifndef OW_HTTP_SSE_H
#define OW_HTTP_SSE_H

/*
 * sse - the data of server-sent events, however the bytes are cut.
 *
 * Providers send one line of data per event, so each `data:` line is one event.  Other fields and
 * comments are skipped.  Source: WHATWG HTML, 9.2.6.
 */

#include "base/buf.h"

enum { SSE_LINE_MAX = 16 * 1024 * 1024 };

struct sse {
	struct buf line;		/* the beginning of a line that was cut off */
};

/* Feed bytes; on_data(ctx, text) is called for the data of each complete line, without the
 * leading blank.  False: a line was longer than SSE_LINE_MAX, or the callback said stop. */
bool sse_feed(struct sse *s, const char *data, size_t len, bool (*on_data)(void *ctx, struct str text),
	      void *ctx);

/* The stream has ended: a last line without an end counts too. */
bool sse_finish(struct sse *s, bool (*on_data)(void *ctx, struct str text), void *ctx);

/* The same for lines that are data as a whole (application/x-ndjson). */
bool lines_feed(struct sse *s, const char *data, size_t len,
		bool (*on_line)(void *ctx, struct str text), void *ctx);
bool lines_finish(struct sse *s, bool (*on_line)(void *ctx, struct str text), void *ctx);

void sse_free(struct sse *s);

#endif
