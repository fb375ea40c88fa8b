#include "base/base32.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32_encode(struct buf *out, const void *p, size_t n)
{
	const unsigned char *s = p;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | s[i];
		for (have += 8; have >= 5; have -= 5)
			buf_addc(out, alphabet[bits >> (have - 5) & 31]);
		bits &= (1u << have) - 1;
	}
	if (have)
		buf_addc(out, alphabet[bits << (5 - have) & 31]);
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

unsigned char *base32_decode(struct arena *a, const char *s, size_t *n)
{
	size_t len = strlen(s), count = 0;
	unsigned char *out = arena_alloc(a, len * 5 / 8 + 1);
	uint32_t bits = 0;
	int have = 0;

	while (len && s[len - 1] == '=')
		len--;
	if (len % 8 == 1 || len % 8 == 3 || len % 8 == 6)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		int v = value_of(s[i]);

		if (v < 0)
			return NULL;
		bits = (bits << 5 | (uint32_t)v) & 0xfff;
		have += 5;
		if (have >= 8) {
			have -= 8;
			out[count++] = (unsigned char)(bits >> have);
		}
	}
	*n = count;
	return out;
}
