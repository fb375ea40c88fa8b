#include "provider/chunks.h"

void chunks_init(struct chunks *c, struct arena *a, enum dialect d,
		 bool (*on_chunk)(void *ctx, struct str chunk), void *ctx)
{
	memset(c, 0, sizeof(*c));
	c->dialect = d;
	c->arena = a;
	c->on_chunk = on_chunk;
	c->ctx = ctx;
	if (d != SPEAKS_CHAT)
		c->scratch = arena_new();
}

bool chunks_begin(enum dialect d, const char *type, struct str first)
{
	first = str_trim(first);
	if (strncasecmp(type, "text/event-stream", 17) == 0)
		return true;
	if (d == SPEAKS_OLLAMA)
		return strncasecmp(type, "application/x-ndjson", 20) == 0;
	return str_starts(first, "data:") || str_starts(first, "event:");
}

static bool on_line(void *ctx, struct str line)
{
	struct chunks *c = ctx;
	bool any, done = false;

	if (c->dialect == SPEAKS_CHAT)
		return c->on_chunk(c->ctx, line);
	buf_reset(&c->out);
	if (c->dialect == SPEAKS_OLLAMA) {
		any = ollama_chunk(&c->ollama, c->scratch, line, &c->out, &done);
		arena_reset(c->scratch);
	} else {
		any = responses_chunk(&c->responses, c->arena, line, &c->out, &done);
	}
	if (any && !c->on_chunk(c->ctx, (struct str){ c->out.data, c->out.len }))
		return false;
	return !done || c->on_chunk(c->ctx, STR("[DONE]"));
}

bool chunks_feed(struct chunks *c, const char *data, size_t len)
{
	return c->dialect == SPEAKS_OLLAMA ? lines_feed(&c->sse, data, len, on_line, c)
					   : sse_feed(&c->sse, data, len, on_line, c);
}

bool chunks_finish(struct chunks *c)
{
	return c->dialect == SPEAKS_OLLAMA ? lines_finish(&c->sse, on_line, c)
					   : sse_finish(&c->sse, on_line, c);
}

void chunks_free(struct chunks *c)
{
	arena_free(c->scratch);
	sse_free(&c->sse);
	buf_free(&c->out);
}
