#include "unit.h"
#include "base/base64.h"
#include "executor/http.h"
#include "executor/output.h"
#include "executor/queue.h"
#include "executor/rate.h"
#include "executor/request.h"

static struct settings conf = { .max_time = 60, .max_memory_mb = 512 };

static bool accepts(struct arena *a, const char *body, struct job *job, struct refusal *why)
{
	struct json_object *o;

	for (size_t i = 0; i < languages_count; i++)
		languages[i].enabled = languages[i].works = true;
	o = request_read(a, body, strlen(body), why);
	return o && request_check(a, &conf, o, job, why);
}

#define BASE "{\"code\":\"1\",\"language\":\"PY\""

START_TEST(a_request_is_read)
{
	struct arena *a = arena_new();
	struct job j;
	struct refusal why;

	ck_assert(accepts(a, BASE ",\"timeout\":7,\"memory_mb\":64,\"args\":[\"a\"],\"stdin\":\"\","
			  "\"env_vars\":[{\"key\":\"K\",\"value\":\"v\"}],\"return_files\":true,"
			  "\"files\":[{\"name\":\"d/b\",\"content\":\"AAH/\",\"is_binary\":true}]}",
			  &j, &why));
	ck_assert_str_eq(j.language->name, "python");
	ck_assert_int_eq(j.timeout_s, 7);
	ck_assert_int_eq(j.memory_mb, 64);
	ck_assert(j.has_input && j.input.n == 0 && j.return_files && !j.capture_result);
	ck_assert_uint_eq(j.files[0].content.n, 3);
	ck_assert(!memcmp(j.files[0].content.p, "\0\1\xff", 3));
	ck_assert(accepts(a, BASE ",\"timeout\":null,\"files\":null,\"new\":{\"a\":[1]}}", &j, &why));
	ck_assert_int_eq(j.timeout_s, 60);
	arena_free(a);
}
END_TEST

START_TEST(faults_are_named)
{
	static const struct {
		const char *body, *error;
	} faults[] = {
		{ "[]", "ValidationError" }, { "{", "ValidationError" },
		{ "{\"code\":\"\xff\"}", "ValidationError" },
		{ "{\"code\":\"\",\"language\":\"python\"}", "ValidationError" },
		{ "{\"code\":\"a\\u0000\",\"language\":\"python\"}", "InvalidInput" },
		{ "{\"code\":\"1\",\"language\":\"python\\u0000\"}", "InvalidInput" },
		{ "{\"code\":\"1\",\"language\":\"cobol\"}", "InvalidInput" },
		{ BASE ",\"timeout\":0}", "ValidationError" },
		{ BASE ",\"timeout\":61}", "ResourceLimitExceeded" },
		{ BASE ",\"timeout\":99999999999999999999}", "ValidationError" },
		{ BASE ",\"timeout\":2.5}", "ValidationError" },
		{ BASE ",\"memory_mb\":513}", "ResourceLimitExceeded" },
		{ BASE ",\"args\":[\"a\\u0000\"]}", "ValidationError" },
		{ BASE ",\"env_vars\":[{\"key\":\"1A\",\"value\":\"\"}]}", "InvalidInput" },
		{ BASE ",\"env_vars\":[{\"key\":\"LD_PRELOAD\",\"value\":\"x\"}]}", "InvalidInput" },
		{ BASE ",\"files\":[{\"name\":\"script.py\",\"content\":\"\"}]}", "InvalidInput" },
		{ BASE ",\"files\":[{\"name\":\"a/../b\",\"content\":\"\"}]}", "InvalidInput" },
		{ BASE ",\"files\":[{\"name\":\"/a\",\"content\":\"\"}]}", "InvalidInput" },
		{ BASE ",\"files\":[{\"name\":\"a\",\"content\":\"\"},{\"name\":\"a/b\",\"content\":\"\"}]}",
		  "InvalidInput" },
		{ BASE ",\"files\":[{\"name\":\"a\",\"content\":\"A===\",\"is_binary\":true}]}",
		  "InvalidInput" },
	};
	struct arena *a = arena_new();
	struct job j;
	struct refusal why;

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		ck_assert_msg(!accepts(a, faults[i].body, &j, &why), "%s", faults[i].body);
		ck_assert_msg(text_eq(why.error, faults[i].error), "%s: %s", faults[i].body, why.error);
		ck_assert_int_eq(why.http, 400);
	}
	arena_free(a);
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
	struct arena *a = arena_new();
	struct buf *b = buf_in(a, 0);
	struct refusal why;

	buf_adds(b, "{\"a\":");
	for (int i = 0; i < 64; i++)
		buf_addc(b, '[');
	for (int i = 0; i < 64; i++)
		buf_addc(b, ']');
	buf_addc(b, '}');
	ck_assert_ptr_null(request_read(a, b->data, b->len, &why));
	arena_free(a);
}
END_TEST

/* Whatever the pieces in which it comes, the text is the same. */
START_TEST(output_does_not_depend_on_pieces)
{
	static const char raw[] = "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\xa6\x80|\xff\xe6\xbc|\xf0\x9f\xa6";
	static const char want[] = "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\xa6\x80|\xef\xbf\xbd\xef\xbf\xbd"
				   "\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd";

	for (size_t step = 1; step < sizeof(raw); step++) {
		struct output o = { .max = 1000 };

		for (size_t at = 0; at < sizeof(raw) - 1; at += step)
			output_add(&o, raw + at,
				   at + step < sizeof(raw) ? step : sizeof(raw) - 1 - at);
		output_end(&o);
		ck_assert_str_eq(buf_text(&o.text), want);
		ck_assert(!o.cut);
		buf_free(&o.text);
	}
}
END_TEST

START_TEST(output_is_cut_between_characters)
{
	struct output o = { .max = 10 };

	for (int i = 0; i < 1000; i++)
		output_add(&o, "\xe6\xbc\xa2", 3);
	output_end(&o);
	ck_assert(o.cut);
	ck_assert_uint_eq(o.text.len, 9);
	buf_free(&o.text);
}
END_TEST

static int head(struct arena *a, const char *text, struct http_request *q, size_t *length)
{
	return http_parse_head(a, text, strlen(text), q, length);
}

START_TEST(heads_are_read_in_one_way_only)
{
	struct arena *a = arena_new();
	struct http_request q;
	size_t n;

	ck_assert_int_eq(head(a, "POST /a?b=%41+c HTTP/1.1\r\nContent-Length: 5\r\nX: y\r\n\r\n", &q,
			      &n), 0);
	ck_assert_str_eq(q.path, "/a");
	ck_assert_str_eq(http_param(a, q.query, "b"), "A c");
	ck_assert_uint_eq(n, 5);
	ck_assert(q.keep);
	ck_assert_int_eq(head(a, "GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", &q,
			      &n), 400);
	ck_assert_int_eq(head(a, "GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
			      &q, &n), 400);
	ck_assert_int_eq(head(a, "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", &q, &n), 400);
	ck_assert_int_eq(head(a, "GET / HTTP/1.1\r\nA : b\r\n\r\n", &q, &n), 400);
	ck_assert_int_eq(head(a, "GET x HTTP/1.1\r\n\r\n", &q, &n), 400);
	ck_assert_int_eq(head(a, "GET / HTTP/2\r\n\r\n", &q, &n), 400);
	ck_assert_int_eq(head(a, "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", &q,
			      &n), 0);
	ck_assert(n == SIZE_MAX);
	arena_free(a);
}
END_TEST

START_TEST(buckets_run_dry)
{
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(rate_take("one", 30, 10), 0);
	ck_assert_int_ge(rate_take("one", 30, 10), 1);
	ck_assert_int_eq(rate_take("two", 30, 10), 0);
	ck_assert_int_eq(rate_take("one", 0, 10), 0);
}
END_TEST

/* a waits three times and has a place; b and c come later. */
START_TEST(places_go_to_who_has_least)
{
	struct settings s = { .max_queue = 4, .max_queue_user = 3 };
	struct run r[8] = { 0 }, *pushed;
	static const char *const users[] = { "a", "a", "a", "a", "b", "c", "a", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		r[i].job.user_id = users[i];
		snprintf(r[i].id, sizeof(r[i].id), "%zu", i);
	}
	queue_setup(&s);
	queue_placed(&r[0]);
	for (int i = 1; i <= 4; i++)
		ck_assert(queue_join(&r[i], &pushed) && !pushed);
	ck_assert(!queue_join(&r[6], &pushed) && !pushed);	/* a has three: no more */
	ck_assert(queue_join(&r[5], &pushed) && pushed == &r[3]);	/* full: the newest of a goes */
	ck_assert_int_eq(queue_length(), 4);
	ck_assert_ptr_eq(queue_first(), &r[1]);
	ck_assert_ptr_eq(queue_find("4"), &r[4]);
	ck_assert_ptr_eq(queue_next(), &r[4]);
	queue_placed(&r[4]);
	ck_assert_ptr_eq(queue_next(), &r[5]);
	queue_placed(&r[5]);
	ck_assert_ptr_eq(queue_next(), &r[1]);	/* all have one: a was served longest ago */
	queue_placed(&r[1]);
	ck_assert(queue_leave(&r[2]) && !queue_leave(&r[2]));
	ck_assert(queue_join(&r[7], &pushed));
	ck_assert_ptr_eq(queue_next(), &r[7]);
	ck_assert_ptr_null(queue_next());
	queue_left(&r[0]);
	queue_left(&r[1]);
	queue_left(&r[4]);
	queue_left(&r[5]);
	ck_assert_ptr_null(r[5].owner);
}
END_TEST

START_TEST(base64_goes_and_comes)
{
	struct arena *a = arena_new();

	for (size_t n = 0; n < 8; n++) {
		struct buf *b = buf_in(a, 0);
		size_t back;
		char *p;

		base64_encode(b, "\0\xff\1zyx!", n);
		p = base64_decode(a, buf_text(b), b->len, &back);
		ck_assert(p && back == n && !memcmp(p, "\0\xff\1zyx!", n));
	}
	ck_assert_ptr_null(base64_decode(a, "AA=A", 4, &(size_t){ 0 }));
	ck_assert_ptr_null(base64_decode(a, "AAA", 3, &(size_t){ 0 }));
	arena_free(a);
}
END_TEST

UNIT_MAIN("executor", a_request_is_read, faults_are_named, deep_nesting_is_refused,
	  output_does_not_depend_on_pieces, output_is_cut_between_characters,
	  heads_are_read_in_one_way_only, buckets_run_dry, places_go_to_who_has_least,
	  base64_goes_and_comes)
