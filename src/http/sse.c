#include "http/sse.h"

static bool take_line(struct str line, bool (*on_data)(void *ctx, struct str text), void *ctx)
{
	while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n'))
		line.n--;
	if (!str_starts(line, "data:"))
		return true;
	line.p += 5;
	line.n -= 5;
	if (line.n && *line.p == ' ') {
		line.p++;
		line.n--;
	}
	return !line.n || on_data(ctx, line);
}

bool sse_feed(struct sse *s, const char *data, size_t len, bool (*on_data)(void *ctx, struct str text),
	      void *ctx)
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
			ok = take_line((struct str){ data, (size_t)(nl - data) }, on_data, ctx);
		} else {
			buf_add(&s->line, data, (size_t)(nl - data));
			ok = !s->line.full &&
			     take_line((struct str){ s->line.data, s->line.len }, on_data, ctx);
			buf_reset(&s->line);
		}
		if (!ok)
			return false;
		data = nl + 1;
	}
	return true;
}

bool sse_finish(struct sse *s, bool (*on_data)(void *ctx, struct str text), void *ctx)
{
	bool ok = !s->line.len || take_line((struct str){ s->line.data, s->line.len }, on_data, ctx);

	buf_reset(&s->line);
	return ok;
}

void sse_free(struct sse *s)
{
	buf_free(&s->line);
}
