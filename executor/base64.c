#include "executor/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, const void *p, size_t n)
{
	const unsigned char *s = p;

	if (!buf_reserve(out, (n + 2) / 3 * 4))
		return;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)s[i] << 16 | (i + 1 < n ? (uint32_t)s[i + 1] << 8 : 0) |
			     (i + 2 < n ? s[i + 2] : 0);
		char four[4] = { digits[v >> 18], digits[v >> 12 & 63],
				 i + 1 < n ? digits[v >> 6 & 63] : '=',
				 i + 2 < n ? digits[v & 63] : '=' };

		buf_add(out, four, 4);
	}
}

static int value_of(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

char *base64_decode(struct arena *a, const char *s, size_t n, size_t *out_n)
{
	char *out = arena_alloc(a, n / 4 * 3 + 1), *p = out;
	size_t pad = n >= 2 && s[n - 1] == '=' ? (s[n - 2] == '=' ? 2 : 1) : 0;

	if (n % 4)
		return NULL;
	for (size_t i = 0; i < n; i += 4) {
		size_t have = i + 4 == n ? 4 - pad : 4;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int d = k < have ? value_of(s[i + k]) : 0;

			if (d < 0)
				return NULL;
			v = v << 6 | (uint32_t)d;
		}
		for (size_t k = 0; k + 1 < have; k++)
			*p++ = (char)(v >> (16 - 8 * k) & 0xff);
	}
	*out_n = (size_t)(p - out);
	return out;
}
