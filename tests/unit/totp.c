#include "unit.h"
#include "auth/qr.h"
#include "auth/totp.h"
#include "base/base32.h"
#include "base/str.h"

static const char key[] = "12345678901234567890";		/* RFC 4226, appendix D; RFC 6238, appendix B */
static const char key32[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

START_TEST(codes_of_counters)
{
	static const uint32_t want[] = { 755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583,
					 399871, 520489 };

	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		ck_assert_uint_eq(hotp_code((const unsigned char *)key, strlen(key), i), want[i]);
}
END_TEST

START_TEST(codes_of_times)
{
	/* The RFC's eight digits, without the first two. */
	static const struct { int64_t now; const char *code; } want[] = {
		{ 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" },
		{ 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		ck_assert_int_eq(totp_match(key32, want[i].code, -1, want[i].now), want[i].now / 30);
		ck_assert_int_eq(totp_match(key32, want[i].code, -1, want[i].now + 30), want[i].now / 30);
		ck_assert_int_eq(totp_match(key32, want[i].code, -1, want[i].now - 30), want[i].now / 30);
		ck_assert_int_eq(totp_match(key32, want[i].code, -1, want[i].now + 60), -1);
		if (want[i].now > 60)
			ck_assert_int_eq(totp_match(key32, want[i].code, -1, want[i].now - 60), -1);
	}
}
END_TEST

START_TEST(a_code_is_good_once)
{
	ck_assert_int_eq(totp_match(key32, "287082", 0, 59), 1);
	ck_assert_int_eq(totp_match(key32, "287082", 1, 59), -1);
	ck_assert_int_eq(totp_match(key32, "287082", 2, 59), -1);
}
END_TEST

START_TEST(what_is_no_code)
{
	static const char *const bad[] = { "", "28708", "2870822", "28708a", " 287082", "٢٨٧٠٨٢" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(totp_match(key32, bad[i], -1, 59), -1);
	ck_assert_int_eq(totp_match("not base32!", "287082", -1, 59), -1);
}
END_TEST

START_TEST(keys)
{
	/* RFC 4648, section 10. */
	static const char *const pairs[][2] = { { "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" },
		{ "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" } };
	struct arena *a = arena_new();
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct buf *b = buf_in(a, 0);
		unsigned char *raw;

		base32_encode(b, pairs[i][0], strlen(pairs[i][0]));
		ck_assert_str_eq(buf_text(b), pairs[i][1]);
		raw = base32_decode(a, pairs[i][1], &n);
		ck_assert_ptr_nonnull(raw);
		ck_assert_mem_eq(raw, pairs[i][0], n);
		ck_assert_uint_eq(n, strlen(pairs[i][0]));
	}
	ck_assert_ptr_nonnull(base32_decode(a, "mzxw6yq=", &n));
	ck_assert_ptr_null(base32_decode(a, "M", &n));
	ck_assert_ptr_null(base32_decode(a, "MZ1W", &n));
	ck_assert_uint_eq(strlen(totp_new_key(a)), 32);
	ck_assert_str_ne(totp_new_key(a), totp_new_key(a));
	arena_free(a);
}
END_TEST

START_TEST(pictures)
{
	struct arena *a = arena_new();
	char *address = totp_address(a, key32, "a b@example.com", "Open WebUI");
	char *long_text = arena_alloc(a, 5001), *svg;

	ck_assert_str_eq(address, "otpauth://totp/Open%20WebUI:a%20b%40example.com?secret="
				  "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Open%20WebUI");
	svg = qr_svg(a, address);
	ck_assert(text_starts(svg, "<svg ") && str_ends(str_of(svg), "</svg>"));
	ck_assert_ptr_nonnull(strstr(svg, "M4 4h7v1h-7z"));	/* the upper edge of the first finder */
	memset(long_text, 'x', 5000);
	ck_assert_ptr_null(qr_svg(a, long_text));
	arena_free(a);
}
END_TEST

UNIT_MAIN("totp", codes_of_counters, codes_of_times, a_code_is_good_once, what_is_no_code, keys, pictures)
