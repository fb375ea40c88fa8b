#include "unit.h"

#include <arpa/inet.h>
#include <pthread.h>

#include "base/clock.h"
#include "http/client.h"
#include "provider/anthropic.h"
#include "provider/chunks.h"
#include "provider/entra.h"
#include "provider/headers.h"
#include "provider/listing.h"

static struct json_object *tree(struct arena *a, const char *text)
{
	return json_parse_text(a, text);
}

/* Text, reasoning, calls and ends of chunks, as one line. */
static bool note_chunk(void *ctx, struct str chunk)
{
	struct buf *b = ctx;
	struct str v;

	if (str_eq(chunk, "[DONE]")) {
		buf_adds(b, ".");
		return true;
	}
	if (json_find(chunk, "error", &v))
		buf_adds(b, "!");
	if (json_find_at(chunk, "choices.0.delta.reasoning_content", &v))
		buf_adds(b, "R");
	if (json_find_at(chunk, "choices.0.delta.content", &v) ||
	    json_find_at(chunk, "choices.0.delta.reasoning_content", &v))
		json_raw_unescape(b, v);
	if (json_find_at(chunk, "choices.0.delta.tool_calls.0.function.name", &v))
		json_raw_unescape(b, v);
	if (json_find_at(chunk, "choices.0.delta.tool_calls.0.function.arguments", &v))
		json_raw_unescape(b, v);
	if (json_find_at(chunk, "choices.0.finish_reason", &v) && json_raw_is_string(v)) {
		buf_addc(b, '|');
		json_raw_unescape(b, v);
	}
	return true;
}

/* Feed in pieces of `step` bytes. */
static const char *read_stream(struct arena *a, enum dialect d, const char *text, size_t step)
{
	struct buf *b = buf_in(a, 0);
	size_t len = strlen(text);
	struct chunks c;

	chunks_init(&c, a, d, note_chunk, b);
	for (size_t at = 0; at < len; at += step)
		ck_assert(chunks_feed(&c, text + at, len - at < step ? len - at : step));
	ck_assert(chunks_finish(&c));
	chunks_free(&c);
	return buf_text(b);
}

START_TEST(streams_of_every_kind_become_chunks)
{
	static const char ollama[] =
		"{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"thinking\":\"hm\"},\"done\":false}\n"
		"{\"model\":\"m\",\"message\":{\"content\":\"a\\u20ac\"},\"done\":false}\r\n"
		"nonsense\n"
		"{\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"eval_count\":1}";
	static const char responses[] =
		"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"m\"}}\n\n"
		"data: {\"type\":\"response.reasoning_summary_text.delta\",\"delta\":\"hm\"}\n\n"
		"data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\\u20ac\"}\n\n"
		"data: {\"type\":\"response.output_item.added\",\"output_index\":2,\"item\":{\"type\":\"function_call\","
		"\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"\"}}\n\n"
		"data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":2,\"delta\":\"{\\\"x\\\":\"}\n\n"
		"data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":2,\"delta\":\"1}\"}\n\n"
		"data: {\"type\":\"response.output_item.done\",\"output_index\":2,\"item\":{\"type\":\"function_call\","
		"\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}\n\n"
		"data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1}}}\n\n";
	struct arena *a = arena_new();

	for (size_t step = 1; step < 200; step += 7) {
		ck_assert_str_eq(read_stream(a, SPEAKS_OLLAMA, ollama, step), "Rhma\xe2\x82\xac|stop.");
		ck_assert_str_eq(read_stream(a, SPEAKS_RESPONSES, responses, step),
				 "Rhma\xe2\x82\xac" "f{\"x\":1}|tool_calls.");
	}
	ck_assert_str_eq(read_stream(a, SPEAKS_OLLAMA, "{\"error\":\"no\"}\n", 3), "!");
	ck_assert_str_eq(read_stream(a, SPEAKS_RESPONSES, "data: {\"type\":\"response.failed\",\"response\":{\"error\":"
				     "{\"message\":\"no\"}}}\n\n", 5), "!.");
	arena_free(a);
}
END_TEST

START_TEST(streams_are_known_by_their_beginning)
{
	ck_assert(chunks_begin(SPEAKS_CHAT, "text/event-stream; charset=utf-8", STR("")));
	ck_assert(chunks_begin(SPEAKS_CHAT, "text/plain", STR("\n data: {}")));
	ck_assert(!chunks_begin(SPEAKS_CHAT, "application/json", STR("{\"data\": 1}")));
	ck_assert(chunks_begin(SPEAKS_OLLAMA, "application/x-ndjson", STR("{}")));
	ck_assert(!chunks_begin(SPEAKS_OLLAMA, "application/json", STR("{}")));
}
END_TEST

/* The types of a message's events, and what they bring. */
static const char *as_message(struct arena *a, const char *const *chunks, bool complete)
{
	struct anthropic_stream s = { .model = "m", .counted = 3, .arena = a };
	struct buf *out = buf_in(a, 0), *b = buf_in(a, 0);
	struct str rest;

	anthropic_begin(&s, out);
	for (; *chunks; chunks++)
		if (!anthropic_chunk(&s, str_of(*chunks), out))
			break;
	anthropic_end(&s, complete, out);
	rest = (struct str){ out->data, out->len };
	while (rest.n) {
		struct str line = str_split(&rest, '\n');

		if (str_starts(line, "event: "))
			buf_printf(b, "%.*s ", (int)line.n - 7, line.p + 7);
		else if (str_starts(line, "data: "))
			ck_assert_ptr_nonnull(json_parse(a, line.p + 6, line.n - 6, NULL));
	}
	return buf_text(b);
}

START_TEST(chunks_become_events_of_a_message)
{
	static const char *const text[] = {
		"{\"choices\":[{\"delta\":{\"reasoning_content\":\"x\"}}]}", "{\"choices\":[{\"delta\":{\"content\":\"y\"}}]}",
		"[DONE]", NULL };
	static const char *const calls[] = {
		"{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\","
		"\"arguments\":\"{\\\"x\\\"\"}},{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\"}}]}}]}",
		"{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}}]}", NULL };
	static const char *const bad[] = { "{\"error\":{\"message\":\"no\"}}", NULL };
	struct arena *a = arena_new();

	ck_assert_str_eq(as_message(a, text, true),
			 "message_start content_block_start content_block_delta content_block_stop content_block_start "
			 "content_block_delta content_block_stop message_delta message_stop ");
	ck_assert_str_eq(as_message(a, calls, true),
			 "message_start content_block_start content_block_delta content_block_start content_block_delta "
			 "content_block_stop content_block_stop message_delta message_stop ");
	ck_assert_str_eq(as_message(a, bad, true), "message_start error ");
	ck_assert_str_eq(as_message(a, text, false),
			 "message_start content_block_start content_block_delta content_block_stop content_block_start "
			 "content_block_delta error ");
	arena_free(a);
}
END_TEST

START_TEST(headers_cannot_be_broken_into)
{
	static const struct user u = { .id = "u1", .name = "Zo\xc3\xab", .email = "e", .role = "user" };
	const struct caller who = { .user = &u, .chat_id = "c\r\nX-Evil: 1" };
	struct arena *a = arena_new();
	struct headers h;

	headers_init(&h, a);
	headers_set(&h, "Bad\r\nName", "x");
	headers_set(&h, "X-A", "v\r\nX-B: 1");
	headers_set(&h, "X-A", "one");
	headers_set(&h, "x-a", "two");
	headers_set_custom(&h, tree(a, "{\"X-Chat\":\"{{CHAT_ID}}\",\"X-Who\":\"{{USER_NAME}} {{X}}\",\"X-None\":\"\"}"),
			   &who);
	ck_assert_str_eq(h.list[1], "x-a: two");
	ck_assert_str_eq(h.list[2], "X-Chat: c%0D%0AX-Evil: 1");
	ck_assert_str_eq(h.list[3], "X-Who: Zo%C3%AB {{X}}");
	ck_assert_str_eq(h.list[4], "X-None: ");
	ck_assert_ptr_null(h.list[5]);
	headers_drop(&h, "X-CHAT");
	ck_assert_str_eq(h.list[2], "X-None: ");
	arena_free(a);
}
END_TEST

START_TEST(lists_are_put_together)
{
	struct arena *a = arena_new();
	const struct connection one = { CONNECTION_OPENAI, 0, "http://a/v1", "", tree(a, "{\"prefix_id\":\"p\"}") };
	const struct connection two = { CONNECTION_OLLAMA, 0, "http://b", "", NULL };
	const struct connection three = { CONNECTION_OLLAMA, 1, "http://c", "", NULL };
	struct json_object *all;
	struct listing l;

	listing_init(&l, a);
	listing_add_openai(&l, &one, tree(a, "{\"data\":[{\"id\":\"x\"},{\"id\":\"x\"},7,{\"name\":null}]}"));
	listing_add_openai(&l, &one, tree(a, "[{\"id\":\"y\",\"name\":\"Y\"}]"));
	listing_add_openai(&l, &one, tree(a, "{\"error\":\"no\"}"));
	listing_add_ollama(&l, &two, tree(a, "{\"models\":[{\"model\":\"o:1\",\"name\":\"o:1\"}]}"));
	listing_add_ollama(&l, &three, tree(a, "{\"models\":[{\"model\":\"o:1\"},{\"model\":5}]}"));
	listing_note_loaded(&l, &two, tree(a, "{\"models\":[{\"model\":\"o:1\",\"expires_at\":\"2031-01-01T00:00:00Z\"}]}"));
	all = listing_items(&l);
	ck_assert_uint_eq(json_len(all), 4);
	ck_assert_str_eq(json_text(json_item(all, 0), "id", ""), "p.x");
	ck_assert_str_eq(json_text(json_item(all, 1), "id", ""), "p.");
	ck_assert_str_eq(json_text(json_item(all, 2), "name", ""), "p.Y");
	ck_assert_uint_eq(json_len(json_at(json_item(all, 3), "ollama.urls")), 2);
	ck_assert_int_eq(json_i64(json_get(json_item(all, 3), "ollama"), "expires_at", 0), 1924992000);
	arena_free(a);
}
END_TEST

START_TEST(addresses_of_azure_are_safe)
{
	struct arena *a = arena_new();
	struct connection k = { CONNECTION_OPENAI, 0, "http://z", "k", tree(a, "{\"provider\":\"azure\"}") };

	ck_assert_str_eq(connection_url(a, &k, "chat/completions", "dep one"),
			 "http://z/openai/deployments/dep%20one/chat/completions?api-version=2023-03-15-preview");
	ck_assert_ptr_null(connection_url(a, &k, "chat/completions", "../x"));
	ck_assert_ptr_null(connection_url(a, &k, "chat/completions", "a/b"));
	ck_assert_ptr_null(connection_url(a, &k, "chat/completions", ""));
	k.url = "http://z/openai/v1";
	ck_assert_str_eq(connection_url(a, &k, "embeddings", "a/b"), "http://z/openai/v1/embeddings");
	arena_free(a);
}
END_TEST

START_TEST(times_are_read)
{
	int64_t t = 0;

	ck_assert(time_parse_iso("2024-06-04T14:38:31.83753-07:00", &t));
	ck_assert_int_eq(t, 1717537111);
	ck_assert(time_parse_iso("1970-01-01 00:00:10", &t));
	ck_assert_int_eq(t, 10);
	ck_assert(!time_parse_iso("soon", &t));
	ck_assert(!time_parse_iso("2024-06-04T14:38:31 or so", &t));
}
END_TEST

/* A metadata service that answers once; `asked` gets the request. */
struct metadata {
	int fd;
	char asked[2048];
};

static void *answer_once(void *arg)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
				     "{\"access_token\":\"t1\",\"expires_in\":\"3600\",\"token_type\":\"Bearer\"}";
	struct metadata *m = arg;
	int fd = accept(m->fd, NULL, NULL);

	ck_assert_int_gt(read(fd, m->asked, sizeof(m->asked) - 1), 0);
	ck_assert_int_eq(write(fd, answer, sizeof(answer) - 1), sizeof(answer) - 1);
	close(fd);
	close(m->fd);
	return NULL;
}

START_TEST(the_machine_s_own_token_is_kept)
{
	struct arena *a = arena_new();
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct metadata m = { .fd = socket(AF_INET, SOCK_STREAM, 0) };
	socklen_t n = sizeof(at);
	pthread_t thread;

	ck_assert_int_eq(bind(m.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(m.fd, 1), 0);
	ck_assert_int_eq(getsockname(m.fd, (struct sockaddr *)&at, &n), 0);
	setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", arena_printf(a, "http://127.0.0.1:%u", ntohs(at.sin_port)), 1);
	setenv("AZURE_CLIENT_ID", "mine", 1);
	http_setup();
	ck_assert_int_eq(pthread_create(&thread, NULL, answer_once, &m), 0);
	ck_assert_str_eq(entra_token(a), "t1");
	pthread_join(thread, NULL);
	ck_assert_str_eq(entra_token(a), "t1");		/* nobody could be asked any more */
	ck_assert_ptr_nonnull(strstr(m.asked, "GET /metadata/identity/oauth2/token?api-version=2018-02-01"
				     "&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=mine HTTP/1.1"));
	ck_assert_ptr_nonnull(strstr(m.asked, "Metadata: true"));
	arena_free(a);
}
END_TEST

UNIT_MAIN("provider", streams_of_every_kind_become_chunks, streams_are_known_by_their_beginning,
	  chunks_become_events_of_a_message, headers_cannot_be_broken_into, lists_are_put_together,
	  addresses_of_azure_are_safe, the_machine_s_own_token_is_kept, times_are_read)
