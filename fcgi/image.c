#include "fcgi/image.h"

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decode base64 (RFC 4648), other characters are passed over; the number of bytes. */
static size_t base64_decode(unsigned char *out, const char *s)
{
	unsigned bits = 0, have = 0;
	size_t n = 0;

	for (; *s && *s != '='; s++) {
		int v = base64_value(*s);

		if (v < 0)
			continue;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (unsigned char)(bits >> have);
		}
	}
	return n;
}

bool image_send_data(struct req *r, const char *url)
{
	static const char *const types[] = { "image/png", "image/jpeg", "image/gif", "image/webp" };
	const char *data = strchr(url, ',');

	if (!text_starts(url, "data:") || !data)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t n = strlen(types[i]);
		unsigned char *out;

		if (strncasecmp(url + 5, types[i], n) != 0 || url[5 + n] != ';')
			continue;
		out = arena_alloc(r->arena, strlen(data) + 1);
		req_add_header(r, "Content-Disposition", "inline");
		req_add_header(r, "X-Content-Type-Options", "nosniff");
		req_send_bytes(r, 200, types[i], out, base64_decode(out, data + 1));
		return true;
	}
	return false;
}
