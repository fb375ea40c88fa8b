#include "http/public.h"

#include <netinet/in.h>

#include "base/env.h"

struct net4 {
	uint32_t net;
	int bits;
};

struct net6 {
	uint8_t head[8];
	int bits;
};

static bool public4(uint32_t a)
{
	static const struct net4 special[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },	{ 0x64400000, 10 }, { 0x7f000000, 8 },
		{ 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 },
		{ 0xc0586300, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xc6336400, 24 },
		{ 0xcb007100, 24 }, { 0xe0000000, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		if (((a ^ special[i].net) >> (32 - special[i].bits)) == 0)
			return false;
	return true;
}

static bool in_net6(const uint8_t *a, const struct net6 *n)
{
	int whole = n->bits / 8, rest = n->bits % 8;

	return memcmp(a, n->head, (size_t)whole) == 0 &&
	       (!rest || ((a[whole] ^ n->head[whole]) >> (8 - rest)) == 0);
}

static uint32_t read4(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool public6(const uint8_t *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	static const struct net6 nat64 = { { 0, 0x64, 0xff, 0x9b }, 64 }, six_to_four = { { 0x20, 2 }, 16 };
	static const struct net6 global = { { 0x20 }, 3 };
	static const struct net6 special[] = {
		{ { 0x20, 1, 0, 0 }, 23 }, { { 0x20, 1, 0x0d, 0xb8 }, 32 }, { { 0x3f, 0xff }, 20 },
	};

	if (memcmp(a, mapped, 12) == 0 || in_net6(a, &nat64))
		return public4(read4(a + 12));
	if (in_net6(a, &six_to_four))
		return public4(read4(a + 2));
	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		if (in_net6(a, &special[i]))
			return false;
	return in_net6(a, &global);
}

bool address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return public4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6)
		return public6(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr);
	return false;
}

bool local_fetch_allowed(void)
{
	return env_bool("ENABLE_LOCAL_WEB_FETCH", env_bool("ENABLE_RAG_LOCAL_WEB_FETCH", false));
}
