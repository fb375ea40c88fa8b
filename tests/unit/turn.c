#include "unit.h"
#include "chat/message.h"
#include "chat/running.h"
#include "turn/template.h"
#include "turn/tags.h"

/* Feed text in pieces of `step` bytes as the stream does; the list as JSON. */
static const char *feed(struct arena *a, const char *text, size_t step, const char *start)
{
	struct buf *b = buf_in(a, 0);
	struct turn t = { .arena = a, .detect_tags = true, .tag_start = start, .tag_end = start ? "]" : NULL };
	size_t len = strlen(text);

	output_init(&t.out, a);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;
		struct item *it = output_last(&t.out);

		if (!it || (it->kind != ITEM_MESSAGE && !tags_inside(&t)))
			it = output_add(&t.out, ITEM_MESSAGE);
		output_append(&t.out, it, (struct str){ text + at, n });
		tags_apply(&t, n);
	}
	output_finish(&t.out, "completed");
	for (size_t i = 0; i < t.out.count; i++)
		buf_printf(b, "%s(%s)", t.out.items[i]->kind == ITEM_REASONING ? "R" : "M",
			   buf_text(&t.out.items[i]->text));
	output_free(&t.out);
	return buf_text(b);
}

START_TEST(tags_are_found_across_pieces)
{
	struct arena *a = arena_new();

	for (size_t step = 1; step < 40; step++) {
		ck_assert_str_eq(feed(a, "<think>deep <b>\nthought</think>\n the answer ", step, NULL),
				 "R(deep <b>\nthought)M(the answer)");
		ck_assert_str_eq(feed(a, "Well. <|begin_of_thought|>x<|end_of_thought|>y", step, NULL),
				 "M(Well.)R(x)M(y)");
		ck_assert_str_eq(feed(a, "<|begin_of_solution|>x<|end_of_solution|>y", step, NULL), "M(xy)");
		ck_assert_str_eq(feed(a, "a < b and c > d", step, NULL), "M(a < b and c > d)");
		ck_assert_str_eq(feed(a, "<think>never closed", step, NULL), "R(never closed)");
		ck_assert_str_eq(feed(a, "[x]<think>y", step, "["), "R(x)M(<think>y)");
	}
	arena_free(a);
}
END_TEST

START_TEST(programs_are_found_across_pieces)
{
	static const char text[] = "Let me see.\n<code_interpreter type=\"code\" lang=\"python\">\nprint(6 * 7)\n"
				   "</code_interpreter>";
	struct arena *a = arena_new();

	for (size_t step = 1; step < 60; step++) {
		struct turn t = { .arena = a, .detect_code = true };
		struct item *it;

		output_init(&t.out, a);
		for (size_t at = 0; at < sizeof(text) - 1; at += step) {
			size_t n = sizeof(text) - 1 - at < step ? sizeof(text) - 1 - at : step;

			it = output_last(&t.out);
			if (!it)
				it = output_add(&t.out, ITEM_MESSAGE);
			output_append(&t.out, it, (struct str){ text + at, n });
			tags_apply(&t, n);
		}
		it = output_last(&t.out);
		ck_assert_uint_eq(t.out.count, 2);
		ck_assert(tags_code_ends(&t));
		ck_assert_str_eq(buf_text(&t.out.items[0]->text), "Let me see.");
		ck_assert_str_eq(buf_text(&it->text), "print(6 * 7)");
		ck_assert_str_eq(json_text(it->attributes, "type", ""), "code");
		ck_assert_str_eq(json_text(it->attributes, "lang", ""), "python");
		output_free(&t.out);
	}
	arena_free(a);
}
END_TEST

START_TEST(running_text_is_put_together)
{
	static const char value[] =
		"{\"chat_id\":\"c\",\"message_id\":\"m\",\"output\":[{\"type\":\"message\",\"id\":\"m1\","
		"\"content\":[{\"type\":\"output_text\",\"text\":\"w0\"}]}]}\n"
		"{\"type\":\"response.output_text.delta\",\"item_id\":\"m1\",\"delta\":\" w1\"}\n"
		"{\"type\":\"response.output_text.delta\",\"item_id\":\"m1\",\"delta\":\" \\u20ac\"}\n"
		"{\"type\":\"response.output_text.delta\",\"item_id\":\"m2\",\"delta\":\"new\"}\n"
		"{\"type\":\"response.output_text.delta\",\"item_id\":\"m1\",\"del";
	struct arena *a = arena_new();
	struct json_object *o = running_read(a, value);

	ck_assert_str_eq(json_text(json_at(o, "output.0.content.0"), "text", ""), "w0 w1 \xe2\x82\xac");
	ck_assert_str_eq(json_text(json_at(o, "output.1.content.0"), "text", ""), "new");
	ck_assert_ptr_null(running_read(a, "nonsense"));
	ck_assert_ptr_null(running_read(a, ""));
	arena_free(a);
}
END_TEST

START_TEST(messages_are_laid_over_a_document)
{
	static const char doc[] =
		"{\"title\":\"t\",\"x\":1.50,\"history\":{\"currentId\":\"a\",\"more\":[1],\"messages\":"
		"{\"a\":{\"id\":\"a\",\"own\":{\"k\":1e2}},\"b\":{\"id\":\"b\"}}}}";
	struct arena *a = arena_new();
	struct json_object *changes = json_parse_text(a, "{\"b\":{\"done\":true},\"c\":{\"id\":\"c\"}}");
	const char *text = message_put(a, str_of(doc), changes, "c", NULL);

	ck_assert_str_eq(text, "{\"title\":\"t\",\"x\":1.50,\"history\":{\"more\":[1],\"currentId\":\"c\","
			 "\"messages\":{\"a\":{\"id\":\"a\",\"own\":{\"k\":1e2}},\"b\":{\"id\":\"b\",\"done\":true},"
			 "\"c\":{\"id\":\"c\"}}}}");
	ck_assert(json_flag(message_get(a, str_of(text), "b"), "done", false));
	ck_assert_ptr_null(message_get(a, str_of(text), "d"));
	ck_assert_ptr_null(message_put(a, STR("[]"), changes, NULL, NULL));
	text = message_put(a, STR("{}"), changes, NULL, json_parse_text(a, "{\"title\":\"n\"}"));
	ck_assert_str_eq(json_text(json_parse_text(a, text), "title", ""), "n");
	arena_free(a);
}
END_TEST

START_TEST(templates_take_messages)
{
	struct arena *a = arena_new();
	struct json_object *m = json_parse_text(a, "[{\"role\":\"user\",\"content\":\"one\"},"
						"{\"role\":\"assistant\",\"content\":\"two\"},"
						"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"three\"}]}]");

	struct template_input in = { .messages = m, .type = "t" };
	struct prompt_values v = { .known = { { "{{USER_NAME}}", "Ada {{TYPE}}" } } };

#define FILL(text) template_fill(a, text, &in, &v)
	ck_assert_str_eq(FILL("<{{MESSAGES:END:2}}> {{X}} {{"), "<ASSISTANT: two\nUSER: three> {{X}} {{");
	ck_assert_str_eq(FILL("{{MESSAGES:START:1}}|{{MESSAGES:END:99}}"),
			 "USER: one|USER: one\nASSISTANT: two\nUSER: three");
	ck_assert_str_eq(FILL("{{MESSAGES:MIDDLETRUNCATE:2}}|{{MESSAGES:END:1|start:2}}"),
			 "USER: one\nUSER: three|USER: th");
	ck_assert_str_eq(FILL("{{PROMPT}} {{prompt:start:2}} {{prompt:END:2}} {{prompt:middletruncate:3}}"),
			 "three th ee th...e");
	ck_assert_str_eq(FILL("{{TYPE}} {{USER_NAME}} {{prompt:x:2}}"), "t Ada {{TYPE}} {{prompt:x:2}}");
	in.prompt = "\xc3\xa4\xc3\xb6\xc3\xbc";
	ck_assert_str_eq(FILL("{{prompt:end:1}}{{prompt:start:1}}"), "\xc3\xbc\xc3\xa4");
	in.responses = json_parse_text(a, "[\"a\",\"b\"]");
	ck_assert_str_eq(FILL("{{responses}}"), "\"\"\"a\"\"\"\n\n\"\"\"b\"\"\"");
#undef FILL
	arena_free(a);
}
END_TEST

UNIT_MAIN("turn", tags_are_found_across_pieces, programs_are_found_across_pieces, running_text_is_put_together,
	  messages_are_laid_over_a_document, templates_take_messages)
