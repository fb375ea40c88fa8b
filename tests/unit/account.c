#include "unit.h"
#include "user/account.h"

START_TEST(addresses)
{
	ck_assert(email_valid("a@b.c"));
	ck_assert(email_valid("admin@localhost"));
	ck_assert(email_valid("a b@c.d e"));
	ck_assert(!email_valid(""));
	ck_assert(!email_valid("a"));
	ck_assert(!email_valid("@b.c"));
	ck_assert(!email_valid("a@b"));
	ck_assert(!email_valid("a@.c"));
	ck_assert(!email_valid("a@b."));
	ck_assert(!email_valid("a@@b.c"));
	ck_assert(!email_valid("a@"));
}
END_TEST

START_TEST(images)
{
	ck_assert(image_url_valid(""));
	ck_assert(image_url_valid("/user.png"));
	ck_assert(image_url_valid("/api/v1/users/x/profile/image"));
	ck_assert(image_url_valid("https://example.com/a.png"));
	ck_assert(image_url_valid("HTTP://user@example.com"));
	ck_assert(image_url_valid("data:image/PNG;base64,AAAA"));
	ck_assert(!image_url_valid("/etc/passwd"));
	ck_assert(!image_url_valid("/api/v1/users//profile/image"));
	ck_assert(!image_url_valid("/api/v1/users/x/../profile/image"));
	ck_assert(!image_url_valid("//example.com/a.png"));
	ck_assert(!image_url_valid("http://:80/a"));
	ck_assert(!image_url_valid("http://"));
	ck_assert(!image_url_valid("javascript:alert(1)"));
	ck_assert(!image_url_valid("data:image/svg+xml;base64,AAAA"));
	ck_assert(!image_url_valid("data:image/png,AAAA"));
}
END_TEST

UNIT_MAIN("account", addresses, images)
