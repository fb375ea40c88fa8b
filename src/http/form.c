#include "http/form.h"

void form_add(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	if (b->len)
		buf_addc(b, '&');
	buf_uri(b, name);
	buf_addc(b, '=');
	buf_uri(b, value);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *decode(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1), *p = out;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] == '+' ? ' ' : s.p[i];

		if (c == '%') {
			int high = s.n - i > 2 ? hex(s.p[i + 1]) : -1;
			int low = s.n - i > 2 ? hex(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return NULL;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (!c)
			return NULL;
		*p++ = c;
	}
	return out;
}

char *form_value(struct arena *a, struct str form, const char *name)
{
	while (form.n) {
		struct str value = str_split(&form, '&'), key = str_split(&value, '=');
		char *text = decode(a, key);

		if (text_eq(text, name))
			return value.p ? decode(a, value) : arena_strdup(a, "");
	}
	return NULL;
}

char *url_with_query(struct arena *a, const char *url, const struct buf *form)
{
	return arena_printf(a, "%s%c%s", url, strchr(url, '?') ? '&' : '?', buf_text(form));
}
