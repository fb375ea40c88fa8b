#ifndef OW_PROVIDER_CHUNKS_H
#define OW_PROVIDER_CHUNKS_H

/*
 * chunks - the bytes of an answer, whatever the provider speaks, as chunks of a chat completion.
 *
 * The callback gets the JSON text of each chunk ({"choices":[…]}, {"error":…}), and "[DONE]" at the
 * end where the provider said that it is one.  Chat completions are handed on as they came, without
 * being read.  Memory is bounded by the longest line (SSE_LINE_MAX).
 */

#include "http/sse.h"
#include "provider/ollama_chat.h"
#include "provider/responses.h"
#include "provider/upstream.h"

struct chunks {
	enum dialect dialect;
	bool (*on_chunk)(void *ctx, struct str chunk);
	void *ctx;
	struct arena *arena;		/* of the turn: what lives as long as the stream */
	struct arena *scratch;		/* of one line */
	struct sse sse;
	struct buf out;
	union {
		struct responses_stream responses;
		struct ollama_stream ollama;
	};
};

void chunks_init(struct chunks *c, struct arena *a, enum dialect d,
		 bool (*on_chunk)(void *ctx, struct str chunk), void *ctx);

/* Is that the beginning of a stream?  By the media type, or by the first bytes when it tells something
 * else: some servers send events as text/plain. */
bool chunks_begin(enum dialect d, const char *type, struct str first);

/* False: the callback said stop, or a line was too long. */
bool chunks_feed(struct chunks *c, const char *data, size_t len);

/* The stream has ended: a last line without an end counts too. */
bool chunks_finish(struct chunks *c);

void chunks_free(struct chunks *c);

#endif
