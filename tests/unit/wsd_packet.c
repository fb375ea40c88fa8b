#include "unit.h"
#include "wsd/packet.h"

static struct packet parsed(const char *text)
{
	struct packet p = { 0 };

	ck_assert_msg(packet_parse(str_of(text), &p), "%s", text);
	return p;
}

static void refused(const char *text)
{
	struct packet p;

	ck_assert_msg(!packet_parse(str_of(text), &p), "%s", text);
}

#define IS(s, lit) ck_assert_msg(str_eq(s, lit), "got %.*s", (int)(s).n, (s).p)

START_TEST(parts_are_found)
{
	struct packet p = parsed("0{\"token\":\"x\"}");

	ck_assert_int_eq(p.type, PACKET_CONNECT);
	IS(p.ns, "/");
	IS(p.json, "{\"token\":\"x\"}");
	p = parsed("2/,007[\"zz\"]");
	IS(p.ns, "/");
	IS(p.ack, "7");
	p = parsed("20[\"zz\"]");
	IS(p.ack, "0");
	p = parsed("0/other?a=b,{}");
	IS(p.ns, "/other");
	p = parsed("52-/n,13[\"a\",{\"_placeholder\":true,\"num\":0}]");
	ck_assert_uint_eq(p.attachments, 2);
	IS(p.ns, "/n");
	IS(p.ack, "13");
	p = parsed("1");
	ck_assert_uint_eq(p.json.n, 0);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const char *const texts[] = {
		"", "hello", "7[]", "2{", "2[\"a\"", "2[NaN]", "2[1,]", "2[\"\\x\"]", "2[\"a\tb\"]", "2[01]",
		"2[+1]", "2[1.]", "2[1e]", "2[tru]", "2{\"a\"}", "2{\"a\":1,}", "2[\"a\"]x", "5[\"a\"]",
		"50-[\"a\"]", "5999-[\"a\"]", "5-[\"a\"]", "2123456789012345678901[\"a\"]", "2[\"\\u12g4\"]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		refused(texts[i]);
}
END_TEST

START_TEST(depth_is_bounded)
{
	char text[600];
	struct packet p;

	for (int depth = PACKET_DEPTH_MAX; depth <= PACKET_DEPTH_MAX + 1; depth++) {
		memset(text, '[', sizeof(text));
		text[0] = '2';
		memset(text + 1 + depth, ']', (size_t)depth);
		ck_assert_int_eq(packet_parse((struct str){ text, 1 + 2 * (size_t)depth }, &p),
				 depth == PACKET_DEPTH_MAX);
	}
}
END_TEST

START_TEST(events_have_a_name)
{
	struct str name, first;
	size_t n;

	ck_assert(packet_event(str_of("[\"ev\", {\"a\":[1]} ,2]"), &name, &first, &n));
	IS(name, "\"ev\"");
	IS(first, "{\"a\":[1]}");
	ck_assert_uint_eq(n, 2);
	ck_assert(packet_event(str_of("[\"ev\"]"), &name, &first, &n));
	ck_assert_uint_eq(n, 0);
	ck_assert(!packet_event(str_of("[]"), &name, &first, &n));
	ck_assert(!packet_event(str_of("[5]"), &name, &first, &n));
	ck_assert(!packet_event(str_of("[[\"ev\"]]"), &name, &first, &n));
	ck_assert(!packet_event(str_of("{\"a\":1}"), &name, &first, &n));
	ck_assert(!packet_event(str_of(""), &name, &first, &n));
}
END_TEST

START_TEST(attachments_become_numbers)
{
	struct str parts[] = { { "\x00\xff\x07", 3 }, { "", 0 } };
	struct buf b = BUF_INIT;

	ck_assert(packet_fill(&b, str_of("[\"u\",{\"x\":[{\"_placeholder\":true,\"num\":0}],\"y\":"
					 "{\"num\":1,\"_placeholder\":true}}]"), parts, 2));
	ck_assert_str_eq(buf_text(&b), "[\"u\",{\"x\":[[0,255,7]],\"y\":[]}]");
	buf_reset(&b);
	ck_assert(!packet_fill(&b, str_of("[{\"_placeholder\":true,\"num\":2}]"), parts, 2));
	buf_reset(&b);
	ck_assert(!packet_fill(&b, str_of("[{\"_placeholder\":true,\"num\":-1}]"), parts, 2));
	buf_free(&b);
}
END_TEST

/* Whatever arrives: no read outside the text (the sanitizers watch), no loop without end. */
START_TEST(random_bytes_do_no_harm)
{
	static const char alphabet[] = "0123456789-/,?[]{}\":\\untrfalse. \x01\xff_placeholder";
	uint64_t seed = 88172645463325252u;

	for (int round = 0; round < 60000; round++) {
		size_t n = (size_t)round % 61;
		char *text = malloc(n ? n : 1);	/* exact, so that an overrun is seen */
		struct str name, first, parts[1] = { { "ab", 2 } };
		struct packet p;
		size_t args;

		for (size_t i = 0; i < n; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			text[i] = alphabet[seed % (sizeof(alphabet) - 1)];
		}
		if (n && round % 2)
			text[0] = (char)('0' + round % 7);
		if (packet_parse((struct str){ text, n }, &p)) {
			struct buf b = BUF_INIT;

			packet_event(p.json, &name, &first, &args);
			packet_fill(&b, p.json, parts, 1);
			buf_free(&b);
		}
		free(text);
	}
}
END_TEST

UNIT_MAIN("wsd_packet", parts_are_found, nonsense_is_refused, depth_is_bounded, events_have_a_name,
	  attachments_become_numbers, random_bytes_do_no_harm)
