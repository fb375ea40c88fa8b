#include "audit/audit.h"
#include "audit/redact.h"
#include "unit.h"

static const char *redacted(struct arena *a, const char *text)
{
	struct buf *b = buf_in(a, 0);

	redact_json(b, str_of(text));
	return buf_text(b);
}

START_TEST(names)
{
	static const char *const secret[] = { "password", "new_password", "OPENAI_API_KEYS", "Client-Secret", "key",
					      "token", "Authorization", "refresh_token" };
	static const char *const open[] = { "keys", "monkey", "tokens_used", "name", "", "keyboard" };

	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		ck_assert_msg(secret_name(str_of(secret[i])), "%s", secret[i]);
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		ck_assert_msg(!secret_name(str_of(open[i])), "%s", open[i]);
}
END_TEST

START_TEST(bodies)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(redacted(a, "{\"a\":\"b\",\"password\" : \"x\\\"y\",\"c\":1}"),
			 "{\"a\":\"b\",\"password\":\"********\",\"c\":1}");
	ck_assert_str_eq(redacted(a, "{\"api_keys\":[\"sk-1\",{\"x\":\"]\"}],\"n\":2}"),
			 "{\"api_keys\":\"********\",\"n\":2}");
	ck_assert_str_eq(redacted(a, "{\"token\":12,\"b\":3}"), "{\"token\":\"********\",\"b\":3}");
	ck_assert_str_eq(redacted(a, "{\"password\":\"cut of"), "{\"password\":\"********\"");
	ck_assert_str_eq(redacted(a, "{\"password"), "{\"password");
	ck_assert_str_eq(redacted(a, "{\"secret\":"), "{\"secret\":\"********\"");
	ck_assert_str_eq(redacted(a, "no json \" at all"), "no json \" at all");
	ck_assert_str_eq(redacted(a, "{\"arguments\":\"{\\\"token\\\":\\\"t\\\",\\\"n\\\":1}\",\"b\":\"\\\"\"}"),
			 "{\"arguments\":\"{\\\"token\\\":\\\"********\\\",\\\"n\\\":1}\",\"b\":\"\\\"\"}");
	ck_assert_ptr_null(strstr(redacted(a, "\"{\\\"password\\\": \\\"abc\\u00"), "abc"));
	ck_assert_str_eq(redacted(a, "[{\"loc\":[\"body\",\"password\"],\"msg\":\"m\",\"input\":{\"x\":\"y\"}},"
				     "{\"loc\":[\"body\",\"n\"],\"input\":\"z\"}]"),
			 "[{\"loc\":[\"body\",\"password\"],\"msg\":\"m\",\"input\":\"********\"},"
			 "{\"loc\":[\"body\",\"n\"],\"input\":\"z\"}]");
	ck_assert_str_eq(redacted(a, ""), "");
	arena_free(a);
}
END_TEST

START_TEST(urls)
{
	struct arena *a = arena_new();
	struct buf *b = buf_in(a, 0);

	redact_url(b, "http://h/p?a=1&token=abc&b&api_key=x");
	ck_assert_str_eq(buf_text(b), "http://h/p?a=1&token=********&b&api_key=********");
	arena_free(a);
}
END_TEST

START_TEST(sizes)
{
	ck_assert_int_eq(audit_size("10MB"), 10000000);
	ck_assert_int_eq(audit_size(" 1.5 KiB "), 1536);
	ck_assert_int_eq(audit_size("4096"), 4096);
	ck_assert_int_eq(audit_size("lots"), 0);
	ck_assert_int_eq(audit_size(""), 0);
}
END_TEST

START_TEST(paths)
{
	ck_assert_int_eq(audit_of("POST", "/api/v1/users/x", true), AUDIT_NONE);
	setenv("AUDIT_LOG_LEVEL", "request", 1);
	setenv("ENABLE_AUDIT_LOGS_FILE", "false", 1);
	audit_setup();
	ck_assert_int_eq(audit_of("POST", "/api/v1/users/x", true), AUDIT_REQUEST);
	ck_assert_int_eq(audit_of("POST", "/api/v1/users/x", false), AUDIT_NONE);
	ck_assert_int_eq(audit_of("GET", "/api/v1/users/x", true), AUDIT_NONE);
	ck_assert_int_eq(audit_of("POST", "/api/v1/auths/SIGNIN", false), AUDIT_REQUEST);
	ck_assert_int_eq(audit_of("POST", "/api/v1/chats/new", true), AUDIT_NONE);
	ck_assert_int_eq(audit_of("POST", "/api/chat/completions", true), AUDIT_NONE);
	ck_assert_int_eq(audit_of("POST", "/api/v1/chatsx", true), AUDIT_REQUEST);
	ck_assert(!audit_keeps_bodies("/api/v1/auths/update/password"));
	ck_assert(audit_keeps_bodies("/api/v1/users/x/update"));
}
END_TEST

UNIT_MAIN("audit", names, bodies, urls, sizes, paths)
