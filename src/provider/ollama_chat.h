#ifndef OW_PROVIDER_OLLAMA_CHAT_H
#define OW_PROVIDER_OLLAMA_CHAT_H

/*
 * ollama_chat - Ollama's /api/chat and /api/embed on one side, OpenAI's forms on the other.
 * Source: Ollama's API documentation; the reference's echo scenarios.
 */

#include "json/json.h"
#include "json/scan.h"

/* A chat completion as a body of /api/chat: a new tree.  Parameters are taken from `options`, `stop`
 * and `max_tokens`. */
struct json_object *ollama_payload(struct arena *a, struct json_object *form);

/* Parameters under Ollama's names: those of `params` fill what the body's `options` lack, those that
 * belong into the body itself (format, keep_alive, think) replace what is there. */
void ollama_apply_params(struct arena *a, struct json_object *body, struct json_object *params);

/* A whole answer as a chat completion. */
struct json_object *ollama_result(struct arena *a, struct json_object *answer);

/* Lines of a stream become chunks of a chat completion. */
struct ollama_stream {
	char id[64];			/* of the completion; made with the first line */
	bool calls;			/* there were tool calls */
};

/* What a line means, as a chunk's JSON text appended to `out`; false: it is no answer.  *done: it was
 * the last. */
bool ollama_chunk(struct ollama_stream *s, struct arena *scratch, struct str line, struct buf *out,
		  bool *done);

/* The body of /api/embed, and its answer as that of /embeddings. */
struct json_object *ollama_embed_payload(struct arena *a, struct json_object *form);
struct json_object *ollama_embed_result(struct arena *a, struct json_object *answer);

#endif
