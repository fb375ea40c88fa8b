#ifndef OW_PROVIDER_RESPONSES_H
#define OW_PROVIDER_RESPONSES_H

/*
 * responses - OpenAI's Responses API on one side, chat completions on the other.
 * Source: OpenAI's API reference (responses, chat/completions); the reference's echo scenarios.
 */

#include "json/json.h"
#include "json/scan.h"

/* Turn the body of a chat completion into one for /responses. */
void responses_payload(struct arena *a, struct json_object *form);

/* A whole answer as a chat completion. */
struct json_object *responses_result(struct arena *a, struct json_object *answer);

enum { RESPONSES_CALLS_MAX = 128 };

/* Events become chunks of a chat completion. */
struct responses_stream {
	const char *id, *model;		/* in the arena, told by the first event */
	int64_t created;
	int calls;			/* function calls so far */
	struct {
		int64_t output_index;
		bool has_arguments;
	} call[RESPONSES_CALLS_MAX];
};

/* What an event means: a chunk's JSON text in `out`, or nothing (false).  *done: it was the last. */
bool responses_chunk(struct responses_stream *s, struct arena *a, struct str event, struct buf *out,
		     bool *done);

#endif
