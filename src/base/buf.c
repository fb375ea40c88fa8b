#include "base/buf.h"
#include "base/utf8.h"

static void buf_free_cb(void *p)
{
	buf_free(p);
}

struct buf *buf_in(struct arena *a, size_t max)
{
	struct buf *b = arena_alloc(a, sizeof(*b));

	b->max = max;
	arena_defer(a, buf_free_cb, b);
	return b;
}

void buf_free(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
	b->full = false;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->data)
		b->data[0] = '\0';
}

bool buf_reserve(struct buf *b, size_t n)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;
	size_t cap = b->cap ? b->cap : 256;

	if (b->full || n > max || b->len > max - n) {
		b->full = true;
		return false;
	}
	if (b->cap > b->len + n)
		return true;
	while (cap <= b->len + n)
		cap *= 2;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (!buf_reserve(b, n))
		return;
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addstr(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;
	size_t room = b->full || b->len > max ? 0 : b->cap - b->len;
	va_list again;
	int n;

	if (room && room > max - b->len + 1)
		room = max - b->len + 1;
	va_copy(again, ap);
	n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, again);
	va_end(again);
	if (n >= 0 && (size_t)n >= room) {	/* it did not fit: once more, with room for it */
		if (room)
			b->data[b->len] = '\0';
		if (!buf_reserve(b, (size_t)n))
			return;
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	}
	if (n > 0)
		b->len += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_addint(struct buf *b, int64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRId64, v);

	buf_add(b, digits, (size_t)n);
}

static void add_escape(struct buf *b, unsigned char c)
{
	static const char short_form[32] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
	};
	char seq[8];

	if (c == '"' || c == '\\') {
		seq[0] = '\\';
		seq[1] = (char)c;
		buf_add(b, seq, 2);
	} else if (short_form[c]) {
		seq[0] = '\\';
		seq[1] = short_form[c];
		buf_add(b, seq, 2);
	} else {
		snprintf(seq, sizeof(seq), "\\u%04x", c);
		buf_add(b, seq, 6);
	}
}

void buf_json_n(struct buf *b, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n, *run = p;

	buf_addc(b, '"');
	while (p < end) {
		size_t len = 1;

		if (*p >= 0x80 ? (len = utf8_len(p, (size_t)(end - p))) != 0
			       : *p >= 0x20 && *p != '"' && *p != '\\') {
			p += len;
			continue;
		}
		buf_add(b, run, (size_t)(p - run));
		if (*p >= 0x80)
			buf_adds(b, "\xef\xbf\xbd");
		else
			add_escape(b, *p);
		run = ++p;
	}
	buf_add(b, run, (size_t)(p - run));
	buf_addc(b, '"');
}

void buf_json(struct buf *b, const char *s)
{
	if (s)
		buf_json_n(b, s, strlen(s));
	else
		buf_adds(b, "null");
}

void buf_adds_clean(struct buf *b, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n, *run = p;

	while (p < end) {
		size_t len = *p ? utf8_len(p, (size_t)(end - p)) : 0;

		if (len) {
			p += len;
			continue;
		}
		buf_add(b, run, (size_t)(p - run));
		if (*p)
			buf_adds(b, "\xef\xbf\xbd");
		run = ++p;
	}
	buf_add(b, run, (size_t)(end - run));
}

void buf_uri(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
		    strchr("-._~", c))
			buf_addc(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

void buf_consume(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	b->len -= n;
	if (b->len)
		memmove(b->data, b->data + n, b->len);
	if (b->data)
		b->data[b->len] = '\0';
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}
