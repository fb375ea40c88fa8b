#ifndef OW_PROVIDER_ANTHROPIC_H
#define OW_PROVIDER_ANTHROPIC_H

/*
 * anthropic - Anthropic's Messages API on one side, OpenAI's chat completions on the other.
 * Source: Anthropic's API reference (messages, streaming); the reference's echo scenarios.
 */

#include "json/json.h"
#include "json/scan.h"

/* The body of a message request as that of a chat completion: a new tree.  Members that have no
 * counterpart are left out unless `passed` (a list of names, or a text with commas; "*": all) names
 * them. */
struct json_object *anthropic_payload(struct arena *a, struct json_object *form, struct json_object *passed);

/* A chat completion as a message.  `model` as the client named it; `counted`: input tokens when the
 * completion does not tell them, -1 unknown. */
struct json_object *anthropic_result(struct arena *a, struct json_object *answer, const char *model,
				     int64_t counted);

/* Token counts of a completion's `usage` (may be NULL) in Anthropic's terms: *in and *out are left where
 * they are not told; further members go into `more`. */
void anthropic_usage(struct json_object *usage, int64_t *in, int64_t *out, struct json_object *more);

/* "msg_" or "toolu_" and 24 random digits. */
const char *anthropic_id(struct arena *a, const char *kind);

enum { ANTHROPIC_CALLS_MAX = 128 };

/* Chunks of a chat completion become the events of a message. */
struct anthropic_stream {
	const char *model;		/* as the client named it */
	int64_t counted;		/* input tokens, -1 unknown */
	struct arena *arena;

	int64_t index;			/* of the block that is open, or would be next */
	enum { BLOCK_NONE, BLOCK_THINKING, BLOCK_TEXT } open;
	struct anthropic_call {
		int64_t place;		/* OpenAI's index */
		const char *id, *name;
		struct buf *arguments;
		int64_t block;
		bool started, stopped;
	} call[ANTHROPIC_CALLS_MAX];
	size_t calls;
	bool any_call;
	const char *stop_reason;
	struct json_object *usage;
	bool failed;
};

/* The event before the first chunk. */
void anthropic_begin(struct anthropic_stream *s, struct buf *out);

/* The events of a chunk (or "[DONE]"), appended to `out`; false after an error: the stream is over. */
bool anthropic_chunk(struct anthropic_stream *s, struct str chunk, struct buf *out);

/* The events at the end; complete: the stream did not break off. */
void anthropic_end(struct anthropic_stream *s, bool complete, struct buf *out);

#endif
