#include "http/forwarded.h"

#include <arpa/inet.h>

#include "base/str.h"

enum { ADDRESS_MAX = 64 };

struct address {
	int bits;			/* 32 or 128 */
	unsigned char bytes[16];
};

static bool parse(struct str s, struct address *out)
{
	char text[ADDRESS_MAX];

	if (!s.n || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	out->bits = strchr(text, ':') ? 128 : 32;
	return inet_pton(out->bits == 128 ? AF_INET6 : AF_INET, text, out->bytes) == 1;
}

static bool same_start(const struct address *a, const struct address *b, int64_t bits)
{
	size_t whole = (size_t)bits / 8;
	int rest = (int)(bits % 8);

	return a->bits == b->bits && bits <= a->bits && memcmp(a->bytes, b->bytes, whole) == 0 &&
	       (!rest || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0);
}

static bool is_trusted(const char *trusted, struct str who)
{
	struct str rest = str_of(trusted);
	struct address own, one;

	if (!parse(who, &own))
		return false;
	while (rest.n) {
		struct str net = str_trim(str_split(&rest, ',')), name = str_split(&net, '/');
		int64_t bits;

		if (!parse(name, &one))
			continue;
		bits = one.bits;
		if (net.p && !str_to_i64(net, 0, one.bits, &bits))
			continue;
		if (same_start(&own, &one, bits))
			return true;
	}
	return false;
}

const char *forwarded_client(struct arena *a, const char *peer, const char *header, const char *trusted)
{
	bool all = strcmp(trusted, "*") == 0;
	struct str rest = str_of(header), client = { NULL, 0 };
	struct address address;

	if (!rest.n || (!all && !is_trusted(trusted, str_of(peer))))
		return peer;
	while (rest.n) {
		struct str one = str_trim(str_split(&rest, ','));

		if (!parse(one, &address))
			continue;
		if (!client.n || !is_trusted(trusted, one))
			client = one;
		if (all)
			break;
	}
	return client.n ? arena_strndup(a, client.p, client.n) : peer;
}
