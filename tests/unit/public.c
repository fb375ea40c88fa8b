#include "unit.h"
#include "base/arena.h"
#include "http/form.h"
#include "http/forwarded.h"
#include "http/public.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static bool is_public(const char *text)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return address_is_public((struct sockaddr *)&four);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return address_is_public((struct sockaddr *)&six);
}

START_TEST(private_addresses_are_told_apart)
{
	static const char *const open[] = { "1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1",
					    "192.0.1.1", "223.255.255.255", "2606:4700::1111",
					    "::ffff:1.1.1.1", "64:ff9b::808:808", "2002:808:808::1" };
	static const char *const closed[] = { "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1",
					      "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.0.1",
					      "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
					      "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254",
					      "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
					      "2002:7f00:1::", "2001::1" };

	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		ck_assert_msg(is_public(open[i]), "%s is public", open[i]);
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++)
		ck_assert_msg(!is_public(closed[i]), "%s is private", closed[i]);
}
END_TEST

static const char *value(struct arena *a, const char *form, const char *name)
{
	return form_value(a, str_of(form), name);
}

START_TEST(forms_go_and_come)
{
	struct arena *a = arena_new();
	struct buf *b = buf_in(a, 0);

	form_add(b, "a", "x y&=+%");
	form_add(b, "none", NULL);
	form_add(b, "\xc3\xa9", "");
	ck_assert_str_eq(b->data, "a=x%20y%26%3D%2B%25&%C3%A9=");
	ck_assert_str_eq(value(a, b->data, "a"), "x y&=+%");
	ck_assert_str_eq(value(a, b->data, "\xc3\xa9"), "");
	ck_assert_str_eq(value(a, "x&a=1+2&a=3", "a"), "1 2");
	ck_assert_str_eq(value(a, "x&a", "x"), "");
	ck_assert_ptr_null(value(a, "", "a"));
	ck_assert_ptr_null(value(a, "a=%00", "a"));
	ck_assert_ptr_null(value(a, "a=%4", "a"));
	ck_assert_ptr_null(value(a, "a=%zz", "a"));
	ck_assert_str_eq(url_with_query(a, "https://x/y", b), "https://x/y?a=x%20y%26%3D%2B%25&%C3%A9=");
	ck_assert_str_eq(url_with_query(a, "https://x/y?z", b), "https://x/y?z&a=x%20y%26%3D%2B%25&%C3%A9=");
	arena_free(a);
}
END_TEST

START_TEST(who_is_behind_proxies)
{
	static const struct { const char *peer, *header, *trusted, *want; } t[] = {
		{ "127.0.0.1", NULL, "*", "127.0.0.1" },
		{ "127.0.0.1", "8.8.8.8", "*", "8.8.8.8" },
		{ "127.0.0.1", "8.8.8.8, 9.9.9.9", "*", "8.8.8.8" },
		{ "127.0.0.1", "8.8.8.8, 9.9.9.9", "127.0.0.1", "9.9.9.9" },
		{ "127.0.0.1", "8.8.8.8, 9.9.9.9", "127.0.0.1,9.9.9.0/24", "8.8.8.8" },
		{ "10.1.2.3", "8.8.8.8", "10.0.0.0/8", "8.8.8.8" },
		{ "11.1.2.3", "8.8.8.8", "10.0.0.0/8", "11.1.2.3" },
		{ "10.1.2.3", "10.9.9.9, 10.8.8.8", "10.0.0.0/8", "10.9.9.9" },
		{ "fd00::5", "2001:db8::1", "fd00::/8", "2001:db8::1" },
		{ "fe00::5", "2001:db8::1", "fd00::/8", "fe00::5" },
		{ "127.0.0.1", "unknown, <script>", "*", "127.0.0.1" },
		{ "127.0.0.1", ",,", "127.0.0.1", "127.0.0.1" },
		{ "127.0.0.1", "8.8.8.8", "nonsense,127.0.0.1/99,/8,", "127.0.0.1" },
		{ "unix:", "8.8.8.8", "127.0.0.1", "unix:" },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_str_eq(forwarded_client(a, t[i].peer, t[i].header, t[i].trusted), t[i].want);
	arena_free(a);
}
END_TEST

UNIT_MAIN("public", private_addresses_are_told_apart, forms_go_and_come, who_is_behind_proxies)
