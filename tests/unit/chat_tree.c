#include "unit.h"

#include "chat/edit.h"
#include "chat/message.h"
#include "chat/view.h"
#include "json/plain.h"

static const struct chat_author me = { "u1", "Me" };

static struct arena *unit_a;

static struct json_object *parse(struct str s)
{
	struct json_object *o = json_parse(unit_a, s.p, s.n, NULL);

	ck_assert_msg(o != NULL, "not JSON: %.*s", (int)s.n, s.p);
	return o;
}

/* The child ids of a message as "a b". */
static const char *children(struct json_object *doc, const char *id)
{
	struct json_object *list = json_get(json_get(json_at(doc, "history.messages"), id), "childrenIds");
	struct buf *b = buf_in(unit_a, 0);

	for (size_t i = 0; i < json_len(list); i++) {
		if (i)
			buf_addc(b, ' ');
		buf_adds(b, json_str(json_item(list, i)));
	}
	return buf_text(b);
}

static struct json_object *view(const char *doc)
{
	struct chat_viewer who = { "u1", "u1", "\"continue\"", true };
	struct chat_view *v = chat_view_new(unit_a, str_of(doc), &who);
	struct buf *out = buf_in(unit_a, 0);

	ck_assert_ptr_nonnull(v);
	chat_view_write(v, out);
	return parse((struct str){ buf_text(out), out->len });
}

static const char *current(struct json_object *doc)
{
	return json_str(json_at(doc, "history.currentId"));
}

START_TEST(good_document_passes_through)
{
	static const char doc[] = "{ \"title\": \"x\", \"history\":{\"messages\":{\"a\":{\"id\":\"a\","
		"\"parentId\":null,\"childrenIds\":[\"b\"],\"role\":\"user\",\"user_id\":\"u1\","
		"\"user\":{\"id\":\"u1\",\"name\":\"Me\"}},\"b\":{\"id\":\"b\",\"parentId\":\"a\","
		"\"childrenIds\":[],\"role\":\"assistant\",\"content\":\"\\u00e9 \\\"q\\\"\"}},"
		"\"currentId\":\"b\"} }";
	struct chat_viewer who = { "u1", "u1", "null", true };
	struct buf *out = buf_in(unit_a, 0);

	chat_view_write(chat_view_new(unit_a, str_of(doc), &who), out);
	ck_assert_int_eq(strncmp(out->data, doc, sizeof(doc) - 2), 0);
	ck_assert_str_eq(out->data + sizeof(doc) - 2, ",\"share_mode\":null}");
}
END_TEST

START_TEST(repair_links_and_current)
{
	struct json_object *d = view("{\"history\":{\"messages\":{"
		"\"a\":{\"id\":\"a\",\"role\":\"user\",\"childrenIds\":[\"gone\"]},"
		"\"b\":{\"id\":\"b\",\"role\":\"assistant\",\"parentId\":\"a\"},"
		"\"c\":{\"id\":\"c\",\"role\":\"assistant\",\"parentId\":\"a\",\"childrenIds\":null},"
		"\"d\":{\"id\":\"d\",\"role\":\"user\",\"parentId\":\"c\",\"childrenIds\":[]},"
		"\"n\":5},\"currentId\":\"a\"}}");

	ck_assert_str_eq(children(d, "a"), "gone b c");
	ck_assert_str_eq(children(d, "c"), "d");
	ck_assert_str_eq(current(d), "d");
}
END_TEST

START_TEST(unknown_current_goes_to_newest_leaf)
{
	struct json_object *d = view("{\"history\":{\"messages\":{"
		"\"a\":{\"id\":\"a\",\"role\":\"user\",\"childrenIds\":[],\"timestamp\":5},"
		"\"b\":{\"id\":\"b\",\"role\":\"user\",\"childrenIds\":[],\"timestamp\":9},"
		"\"c\":{\"id\":\"c\",\"role\":\"user\",\"childrenIds\":[],\"timestamp\":7}},"
		"\"currentId\":\"zz\"}}");

	ck_assert_str_eq(current(d), "b");
}
END_TEST

START_TEST(cycles_end)
{
	struct json_object *d = view("{\"history\":{\"messages\":{"
		"\"a\":{\"id\":\"a\",\"role\":\"user\",\"parentId\":\"b\",\"childrenIds\":[\"b\"]},"
		"\"b\":{\"id\":\"b\",\"role\":\"user\",\"parentId\":\"a\",\"childrenIds\":[\"a\"]},"
		"\"s\":{\"id\":\"s\",\"role\":\"user\",\"parentId\":\"s\"}},\"currentId\":\"a\"}}");
	struct chat_merged m;
	struct buf *gone = buf_in(unit_a, 0);

	ck_assert_str_eq(current(d), "b");
	ck_assert_str_eq(children(d, "s"), "s");
	ck_assert(chat_edit_delete(unit_a, str_of(json_print(d)), "s", &m, gone));
	ck_assert_str_eq(buf_text(gone), "[\"s\"]");
	parse(m.text);
}
END_TEST

/* The ids of a branch as "a b". */
static const char *branch(const char *doc, const char *id)
{
	struct json_object *list = message_branch(unit_a, str_of(doc), id);
	struct buf *b = buf_in(unit_a, 0);

	for (size_t i = 0; i < json_len(list); i++)
		buf_printf(b, "%s%s", i ? " " : "", json_text(json_item(list, i), "id", "?"));
	return buf_text(b);
}

START_TEST(a_branch_ends_where_it_is_asked_to)
{
	static const char doc[] = "{\"history\":{\"messages\":{\"a\":{\"id\":\"a\"},"
		"\"b\":{\"id\":\"b\",\"parentId\":\"a\"},\"c\":{\"id\":\"c\",\"parentId\":\"a\"},"
		"\"x\":{\"id\":\"x\",\"parentId\":\"y\"},\"y\":{\"id\":\"y\",\"parentId\":\"x\"},"
		"\"o\":{\"id\":\"o\",\"parentId\":\"gone\"},\"n\":7},\"currentId\":\"b\"}}";

	ck_assert_str_eq(branch(doc, NULL), "a b");
	ck_assert_str_eq(branch(doc, "c"), "a c");
	ck_assert_str_eq(branch(doc, "y"), "x y");
	ck_assert_str_eq(branch(doc, "o"), "o");
	ck_assert_str_eq(branch(doc, "n"), "");
	ck_assert_str_eq(branch(doc, "nope"), "");
	ck_assert_str_eq(branch("[]", NULL), "");
}
END_TEST

START_TEST(merge_keeps_what_a_stale_writer_does_not_know)
{
	static const char stored[] = "{\"title\":\"t\",\"extra\":1,\"history\":{\"messages\":{"
		"\"a\":{\"id\":\"a\",\"role\":\"user\",\"childrenIds\":[\"b\",\"c\"],\"parentId\":null},"
		"\"b\":{\"id\":\"b\",\"role\":\"assistant\",\"parentId\":\"a\",\"childrenIds\":[],\"done\":false,"
		"\"content\":\"stored\"},\"c\":{\"id\":\"c\",\"role\":\"assistant\",\"parentId\":\"a\","
		"\"childrenIds\":[],\"user_id\":\"other\",\"content\":\"theirs\"}},\"currentId\":\"c\"}}";
	static const char sent[] = "{\"history\":{\"messages\":{"
		"\"b\":{\"id\":\"b\",\"role\":\"assistant\",\"parentId\":\"a\",\"content\":\"sent\"},"
		"\"c\":{\"id\":\"c\",\"role\":\"assistant\",\"parentId\":\"a\",\"content\":\"sent\"},"
		"\"d\":{\"id\":\"d\",\"role\":\"user\",\"parentId\":\"b\",\"user_id\":\"forged\","
		"\"user\":{\"id\":\"forged\"},\"childrenIds\":7}},\"currentId\":\"nope\"}}";
	struct chat_merged m;
	struct json_object *d;

	ck_assert(chat_merge(unit_a, str_of(stored), str_of(sent), "u1", &me, &m));
	d = parse(m.text);
	ck_assert_str_eq(json_text(json_at(d, "history.messages.b"), "content", ""), "stored");
	ck_assert_str_eq(json_text(json_at(d, "history.messages.c"), "content", ""), "theirs");
	ck_assert_str_eq(json_text(json_at(d, "history.messages.d"), "user_id", ""), "u1");
	ck_assert_str_eq(json_str(json_at(d, "history.messages.d.user.name")), "Me");
	ck_assert_str_eq(children(d, "a"), "b c");
	ck_assert_str_eq(children(d, "b"), "d");
	ck_assert_str_eq(children(d, "d"), "");
	ck_assert_str_eq(current(d), "c");
	ck_assert_int_eq(json_i64(d, "extra", 0), 1);
	ck_assert(m.touched && m.current_set && str_eq(m.current, "c"));
	ck_assert_int_eq(json_object_object_length(parse(m.messages)), 1);
	/* Sent once more, the question gets its author; after that nothing changes: no row is written. */
	ck_assert(chat_merge(unit_a, m.text, m.text, "u1", &me, &m));
	ck_assert_int_eq(json_object_object_length(parse(m.messages)), 1);
	ck_assert(chat_merge(unit_a, m.text, m.text, "u1", &me, &m));
	ck_assert_ptr_null(m.messages.p);
}
END_TEST

START_TEST(forged_author_in_doubled_keys)
{
	static const char sent[] = "{\"history\":{\"messages\":{\"a\":{\"user_id\":\"x\",\"role\":\"user\","
		"\"user_id\":\"y\",\"user\":{\"id\":\"x\"},\"id\":\"a\"}}}}";
	struct chat_merged m;

	ck_assert(chat_sent(unit_a, str_of(sent), &me, &m));
	ck_assert(!str_has(m.text, "\"x\"") && !str_has(m.text, "\"y\""));
	ck_assert(!json_plain("{\"us\\u0065r\":1}", 14));
}
END_TEST

START_TEST(malformed_documents_are_refused)
{
	static const char *const bad[] = {
		"[]", "\"x\"", "{\"history\":\"x\"}", "{\"history\":null}", "{\"history\":{\"messages\":[1]}}",
		"{\"history\":{\"messages\":{\"a\":1}}}", "{\"messages\":[1]}", "{\"messages\":\"x\"}",
		"{\"history\":{\"messages\":{\"a\":{", "{\"history\":{\"messages\":{\"a\":{}}", "", "{",
	};
	struct chat_merged m;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(!chat_sent(unit_a, str_of(bad[i]), &me, &m), "%s", bad[i]);
		ck_assert(!chat_merge(unit_a, STR("{}"), str_of(bad[i]), "u1", &me, &m));
	}
	ck_assert(chat_sent(unit_a, STR("{}"), &me, &m));
	ck_assert(chat_sent(unit_a, STR("{\"history\":{},\"messages\":null}"), &me, &m));
}
END_TEST

START_TEST(delete_lifts_grandchildren)
{
	static const char doc[] = "{\"history\":{\"messages\":{"
		"\"a\":{\"id\":\"a\",\"role\":\"user\",\"childrenIds\":[\"b\"],\"parentId\":null},"
		"\"b\":{\"id\":\"b\",\"role\":\"assistant\",\"parentId\":\"a\",\"childrenIds\":[\"c\"]},"
		"\"c\":{\"id\":\"c\",\"role\":\"user\",\"parentId\":\"b\",\"childrenIds\":[\"d\",\"e\"]},"
		"\"d\":{\"id\":\"d\",\"role\":\"assistant\",\"parentId\":\"c\",\"childrenIds\":[]},"
		"\"e\":{\"id\":\"e\",\"role\":\"assistant\",\"parentId\":\"c\",\"childrenIds\":[]}},"
		"\"currentId\":\"d\"}}";
	struct buf *gone = buf_in(unit_a, 0);
	struct chat_merged m;
	struct json_object *d;

	ck_assert(chat_edit_delete(unit_a, str_of(doc), "b", &m, gone));
	d = parse(m.text);
	ck_assert_str_eq(buf_text(gone), "[\"b\",\"c\"]");
	ck_assert_str_eq(children(d, "a"), "d e");
	ck_assert_str_eq(json_str(json_at(d, "history.messages.d.parentId")), "a");
	ck_assert_str_eq(current(d), "e");
	ck_assert(chat_edit_put(unit_a, m.text, "new", STR("{\"content\":\"x\"}"), &m));
	d = parse(m.text);
	ck_assert_str_eq(current(d), "new");
	ck_assert_str_eq(json_text(json_at(d, "history.messages.new"), "role", ""), "assistant");
}
END_TEST

/* A document of n messages: one chain, or all below the first and unknown to it. */
static struct str big(int n, bool chain)
{
	struct buf *b = buf_in(unit_a, 0);

	buf_adds(b, "{\"history\":{\"messages\":{");
	for (int i = 0; i < n; i++) {
		buf_printf(b, "%s\"m%d\":{\"id\":\"m%d\",\"role\":\"user\",\"user_id\":\"u1\",\"parentId\":",
			   i ? "," : "", i, i);
		if (i)
			buf_printf(b, "\"m%d\"", chain ? i - 1 : 0);
		else
			buf_adds(b, "null");
		buf_addc(b, '}');
	}
	buf_adds(b, "},\"currentId\":\"m0\"}}");
	return (struct str){ buf_text(b), b->len };
}

START_TEST(hundred_thousand_messages)
{
	for (int chain = 0; chain < 2; chain++) {
		struct str doc = big(100000, chain);
		struct json_object *d = view(doc.p);
		struct buf *gone = buf_in(unit_a, 0);
		struct chat_merged m;

		ck_assert_str_eq(current(d), "m99999");
		ck_assert(chat_merge(unit_a, doc, doc, "u1", &me, &m));
		ck_assert(chat_edit_delete(unit_a, m.text, "m1", &m, gone));
		ck_assert(json_plain(m.text.p, m.text.n));
	}
}
END_TEST

START_TEST(cut_and_changed_bytes_never_crash)
{
	static const char doc[] = "{\"title\":\"t\",\"messages\":[{\"id\":\"a\",\"role\":\"user\"}],\"history\":"
		"{\"messages\":{\"a\":{\"id\":\"a\",\"childrenIds\":[\"b\",1],\"role\":\"user\",\"meta\":{}},"
		"\"b\":{\"id\":\"b\\n\",\"parentId\":\"a\",\"output\":[{\"role\":\"assistant\"}]}},"
		"\"currentId\":\"b\"}}";
	static const char bytes[] = "\"{}[]\\,:0n\x01\xff";
	char copy[sizeof(doc)];

	for (size_t at = 0; at < sizeof(doc) - 1; at++)
		for (size_t c = 0; c < sizeof(bytes); c++) {
			struct chat_viewer who = { NULL, "u1", "null", true };
			struct buf *out = buf_in(unit_a, 0);
			struct chat_merged m;
			struct str text = { copy, c ? sizeof(doc) - 1 : at };
			struct chat_view *v;

			memcpy(copy, doc, sizeof(doc));
			if (c)
				copy[at] = bytes[c - 1];
			v = chat_view_new(unit_a, text, &who);
			if (v)
				chat_view_write(v, out);
			chat_merge(unit_a, STR("{\"history\":{}}"), text, "u1", &me, &m);
			chat_merge(unit_a, text, STR("{\"history\":{}}"), "u1", &me, &m);
			chat_edit_put(unit_a, text, "b", STR("{\"meta\":{\"x\":1}}"), &m);
			chat_edit_delete(unit_a, text, "a", &m, out);
			if (json_plain(text.p, text.n)) {
				const char *err = NULL;

				json_parse(unit_a, text.p, text.n, &err);
				ck_assert_msg(!err, "%.*s", (int)text.n, text.p);
			}
		}
}
END_TEST

START_TEST(plain_is_strict)
{
	static const char *const good[] = { "{}", " [1,-0.5e+3,\"\\u00e9\",true,null] ", "\"\xc3\xa9\"", "0" };
	static const char *const bad[] = { "", "{", "[1,]", "{\"a\":1,}", "{\"a\"}", "01", "1.", "-", "\"\\x\"",
					   "\"\x01\"", "\"\xff\"", "tru", "[1 2]", "{} {}", "{1:2}", "\"\\u12\"",
					   "nan", "'a'", "\"a", "[\"\\\"]" };
	char deep[JSON_MAX_DEPTH * 4];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(json_plain(good[i], strlen(good[i])), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!json_plain(bad[i], strlen(bad[i])), "%s", bad[i]);
	memset(deep, '[', sizeof(deep));
	memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
	ck_assert(!json_plain(deep, sizeof(deep)));
	ck_assert(json_plain(deep + sizeof(deep) / 2 - JSON_MAX_DEPTH, JSON_MAX_DEPTH * 2));
}
END_TEST

static void before(void)
{
	unit_a = arena_new();
}

static void after(void)
{
	arena_free(unit_a);
}

int main(void)
{
	Suite *s = suite_create("chat_tree");
	TCase *t = tcase_create("chat_tree");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, before, after);
	tcase_set_timeout(t, 60);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, good_document_passes_through);
	tcase_add_test(t, repair_links_and_current);
	tcase_add_test(t, unknown_current_goes_to_newest_leaf);
	tcase_add_test(t, cycles_end);
	tcase_add_test(t, a_branch_ends_where_it_is_asked_to);
	tcase_add_test(t, merge_keeps_what_a_stale_writer_does_not_know);
	tcase_add_test(t, forged_author_in_doubled_keys);
	tcase_add_test(t, malformed_documents_are_refused);
	tcase_add_test(t, delete_lifts_grandchildren);
	tcase_add_test(t, hundred_thousand_messages);
	tcase_add_test(t, cut_and_changed_bytes_never_crash);
	tcase_add_test(t, plain_is_strict);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
