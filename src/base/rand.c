#include "base/rand.h"

#include <ctype.h>
#include <sys/random.h>

#include "base/base64.h"
#include "base/log.h"

void rand_bytes(void *out, size_t n)
{
	unsigned char *p = out;

	while (n) {
		ssize_t got = getrandom(p, n < 256 ? n : 256, 0);

		if (got < 0 && errno != EINTR)
			die("random_failed", "error=%d", errno);
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

static void hex(char *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
}

void rand_hex(char *out, size_t n)
{
	unsigned char raw[64];

	for (size_t done = 0; done < n;) {
		size_t part = n - done < sizeof(raw) ? n - done : sizeof(raw);

		rand_bytes(raw, part);
		hex(out + 2 * done, raw, part);
		done += part;
	}
	out[2 * n] = '\0';
}

char *rand_base64url(struct arena *a, size_t n)
{
	unsigned char raw[64];
	struct buf *b = buf_in(a, 0);

	if (n > sizeof(raw))
		die("rand", "bytes=%zu", n);
	rand_bytes(raw, n);
	base64url_encode(b, raw, n);
	return b->data;
}

void uuid4(char out[UUID_SIZE])
{
	static const struct {
		int at, from, bytes;
	} groups[] = { { 0, 0, 4 }, { 9, 4, 2 }, { 14, 6, 2 }, { 19, 8, 2 }, { 24, 10, 6 } };
	unsigned char raw[16];

	rand_bytes(raw, sizeof(raw));
	raw[6] = (raw[6] & 0x0f) | 0x40;
	raw[8] = (raw[8] & 0x3f) | 0x80;
	memset(out, '-', UUID_SIZE - 1);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		hex(out + groups[i].at, raw + groups[i].from, (size_t)groups[i].bytes);
	out[UUID_SIZE - 1] = '\0';
}

bool uuid_valid(const char *s)
{
	if (!s || strlen(s) != UUID_SIZE - 1)
		return false;
	for (int i = 0; i < UUID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return true;
}
