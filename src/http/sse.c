#include "http/sse.h"

typedef bool (*line_fn)(void *ctx, struct str text);

/* A complete line, to whoever asked for it. */
static bool take_line(struct str line, bool events, line_fn take, void *ctx)
{
	while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n'))
		line.n--;
	if (!events)
		return !line.n || take(ctx, line);
	if (!str_starts(line, "data:"))
		return true;
	line.p += 5;
	line.n -= 5;
	if (line.n && *line.p == ' ') {
		line.p++;
		line.n--;
	}
	return !line.n || take(ctx, line);
}

static bool feed(struct sse *s, const char *data, size_t len, bool events, line_fn take, void *ctx)
{
	const char *end = data + len;

	s->line.max = SSE_LINE_MAX;
	while (data < end) {
		const char *nl = memchr(data, '\n', (size_t)(end - data));
		bool ok;

		if (!nl) {
			buf_add(&s->line, data, (size_t)(end - data));
			return !s->line.full;
		}
		if (!s->line.len) {
			ok = take_line((struct str){ data, (size_t)(nl - data) }, events, take, ctx);
		} else {
			buf_add(&s->line, data, (size_t)(nl - data));
			ok = !s->line.full &&
			     take_line((struct str){ s->line.data, s->line.len }, events, take, ctx);
			buf_reset(&s->line);
		}
		if (!ok)
			return false;
		data = nl + 1;
	}
	return true;
}

static bool finish(struct sse *s, bool events, line_fn take, void *ctx)
{
	bool ok = !s->line.len || take_line((struct str){ s->line.data, s->line.len }, events, take, ctx);

	buf_reset(&s->line);
	return ok;
}

bool sse_feed(struct sse *s, const char *data, size_t len, line_fn on_data, void *ctx)
{
	return feed(s, data, len, true, on_data, ctx);
}

bool sse_finish(struct sse *s, line_fn on_data, void *ctx)
{
	return finish(s, true, on_data, ctx);
}

bool lines_feed(struct sse *s, const char *data, size_t len, line_fn on_line, void *ctx)
{
	return feed(s, data, len, false, on_line, ctx);
}

bool lines_finish(struct sse *s, line_fn on_line, void *ctx)
{
	return finish(s, false, on_line, ctx);
}

void sse_free(struct sse *s)
{
	buf_free(&s->line);
}
