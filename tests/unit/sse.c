#include "unit.h"
#include "http/sse.h"

struct seen {
	char text[4096];
	int count, stop_at;
};

static bool collect(void *ctx, struct str text)
{
	struct seen *s = ctx;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "[%.*s]", (int)text.n, text.p);
	return ++s->count != s->stop_at;
}

static const char stream[] =
	": a comment\r\nevent: x\r\ndata: {\"a\":\"\xe2\x82\xac\"}\r\n\r\ndata:two\n\ndata: \n\nid: 7\ndata: [DONE]";
static const char wanted[] = "[{\"a\":\"\xe2\x82\xac\"}][two][[DONE]]";

START_TEST(any_cut_gives_the_same)
{
	for (size_t step = 1; step <= sizeof(stream); step++) {
		struct seen got = { 0 };
		struct sse s = { 0 };

		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t left = sizeof(stream) - 1 - at;

			ck_assert(sse_feed(&s, stream + at, left < step ? left : step, collect, &got));
		}
		ck_assert(sse_finish(&s, collect, &got));
		ck_assert_str_eq(got.text, wanted);
		sse_free(&s);
	}
}
END_TEST

START_TEST(a_callback_stops)
{
	struct seen got = { .stop_at = 2 };
	struct sse s = { 0 };

	ck_assert(!sse_feed(&s, stream, sizeof(stream) - 1, collect, &got));
	ck_assert_int_eq(got.count, 2);
	sse_free(&s);
}
END_TEST

START_TEST(a_line_has_a_maximum)
{
	char *big = malloc(1024 * 1024);
	struct seen got = { 0 };
	struct sse s = { 0 };
	bool ok = true;

	memset(big, 'x', 1024 * 1024);
	for (int i = 0; i < 20 && ok; i++)
		ok = sse_feed(&s, big, 1024 * 1024, collect, &got);
	ck_assert(!ok);
	ck_assert_int_eq(got.count, 0);
	sse_free(&s);
	free(big);
}
END_TEST

UNIT_MAIN("sse", any_cut_gives_the_same, a_callback_stops, a_line_has_a_maximum)
