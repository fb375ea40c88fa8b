#include "base/base64.h"

static const char common[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char standard[] = "+/", for_urls[] = "-_";

static char digit(uint32_t v, const char last[2])
{
	v &= 63;
	return v < 62 ? common[v] : last[v - 62];
}

static int value_of(char c, const char last[2])
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

static void encode(struct buf *out, const unsigned char *s, size_t n, const char last[2], bool pad)
{
	if (!buf_reserve(out, (n + 2) / 3 * 4))
		return;
	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t v = (uint32_t)s[i] << 16 | (have > 1 ? (uint32_t)s[i + 1] << 8 : 0) |
			     (have > 2 ? s[i + 2] : 0);
		char four[4] = { digit(v >> 18, last), digit(v >> 12, last), '=', '=' };

		if (have > 1)
			four[2] = digit(v >> 6, last);
		if (have > 2)
			four[3] = digit(v, last);
		buf_add(out, four, pad ? 4 : have + 1);
	}
}

void base64_encode(struct buf *out, const void *p, size_t n)
{
	encode(out, p, n, standard, true);
}

void base64url_encode(struct buf *out, const void *p, size_t n)
{
	encode(out, p, n, for_urls, false);
}

/* Text without its padding. */
static char *decode(struct arena *a, const char *s, size_t n, const char last[2], size_t *out_n)
{
	char *out = arena_alloc(a, n / 4 * 3 + 4), *p = out;

	if (n % 4 == 1)
		return NULL;
	for (size_t i = 0; i < n; i += 4) {
		size_t have = n - i < 4 ? n - i : 4;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int d = k < have ? value_of(s[i + k], last) : 0;

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

static size_t padding(const char *s, size_t n)
{
	return n >= 2 && s[n - 1] == '=' ? (s[n - 2] == '=' ? 2 : 1) : 0;
}

char *base64_decode(struct arena *a, const char *s, size_t n, size_t *out_n)
{
	return n % 4 ? NULL : decode(a, s, n - padding(s, n), standard, out_n);
}

char *base64url_decode(struct arena *a, const char *s, size_t n, size_t *out_n)
{
	return decode(a, s, n % 4 ? n : n - padding(s, n), for_urls, out_n);
}
