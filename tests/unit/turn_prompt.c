#include "unit.h"
#include "turn/files.h"
#include "turn/messages.h"
#include "turn/params.h"
#include "turn/prompt.h"
#include "turn/skills.h"
#include "turn/tell.h"

static struct json_object *parse(struct arena *a, const char *text)
{
	struct json_object *o = json_parse_text(a, text);

	ck_assert_ptr_nonnull(o);
	return o;
}

START_TEST(placeholders_of_every_kind)
{
	struct arena *a = arena_new();
	struct prompt_values v = {
		.client = parse(a, "{\"{{MINE}}\":\"m {{USER_NAME}}\"}"),
		.chat = parse(a, "{\"tone\":\"warm\",\"n\":3,\"empty\":\"\",\"bad\":\"x\"}"),
		.user = parse(a, "{\"city\":\"Turin\",\"n\":1}"),
		.known = { { "{{USER_NAME}}", "Ada" } },
	};

#define FILL(text) prompt_fill(a, &v, text)
	ck_assert_str_eq(FILL("{{USER_NAME}} {{MINE}} {{OTHER}} {{"), "Ada m {{USER_NAME}} {{OTHER}} {{");
	ck_assert_str_eq(FILL("{{chat.variables.tone}}/{{ chat.variables.n }}/{{chat.variables.none}}"), "warm/3/");
	ck_assert_str_eq(FILL("{{chat.variables.empty | text:default=\"d\"}}"), "d");
	ck_assert_str_eq(FILL("{{chat.variables.none | text:label=\"a:b\":default=\"c:d\"}}"), "c:d");
	ck_assert_str_eq(FILL("{{chat.variables.tone | select:options=[\"dry\",\"warm\"]}}"), "warm");
	ck_assert_str_eq(FILL("{{chat.variables.bad | select:options=[\"dry\",\"warm\"]}}"), "");
	ck_assert_str_eq(FILL("{{chat.variables.Tone}}"), "");
	ck_assert_str_eq(FILL("{{user.variables.city}}{{user.variables.n}}{{user.variables.x}}"), "Turin");
#undef FILL
	arena_free(a);
}
END_TEST

START_TEST(lines_are_added_to_messages)
{
	struct arena *a = arena_new();
	struct json_object *list = parse(a, "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"},"
					    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]}]");

	messages_add_system(a, list, "one", true);
	messages_add_system(a, list, "two", true);
	messages_add_system(a, list, "zero", false);
	ck_assert_uint_eq(json_len(list), 2);
	ck_assert_str_eq(messages_text(messages_system(list)), "zero\none\ntwo");
	messages_add_user(a, list, "before", false);
	ck_assert_str_eq(messages_text(messages_last(list, "user")), "before\nq");
	messages_set_text(messages_last(list, "user"), "new");
	ck_assert_str_eq(messages_text(json_item(list, 1)), "new");
	messages_push(list, "assistant", "a");
	messages_add_user(a, list, "asked", true);
	ck_assert_uint_eq(json_len(list), 4);
	ck_assert_ptr_null(messages_last(list, "tool"));
	arena_free(a);
}
END_TEST

START_TEST(lists_of_clients_are_looked_at)
{
	static const char *const good[] = { "[]", "{}", "[{\"role\":\"user\",\"content\":\"x\"}]", "[{\"role\":7}]",
		"[{\"role\":\"assistant\",\"content\":null}]", "[{\"role\":\"user\",\"content\":[null,7]}]" };
	static const char *const bad[] = { "null", "7", "\"x\"", "[null]", "[1]", "[[]]", "{\"a\":1}", "[{}]",
		"[{\"role\":\"user\",\"content\":7}]", "[{\"role\":\"user\",\"content\":{}}]" };
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(messages_fit(json_parse_text(a, good[i])), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!messages_fit(json_parse_text(a, bad[i])), "%s", bad[i]);
	arena_free(a);
}
END_TEST

START_TEST(parameters_are_merged)
{
	struct arena *a = arena_new();
	struct turn t = {
		.arena = a, .model = { .id = "m", .owned_by = "openai", .params = parse(a,
			"{\"temperature\":0.1,\"top_p\":0.5,\"custom_params\":{\"x\":\"1\",\"y\":{\"k\":1}},"
			"\"model_controls\":{\"speed\":{\"default\":\"slow\",\"options\":{\"slow\":{\"params\":{\"s\":1}},"
			"\"fast\":{\"params\":{\"s\":2}}}}}}") },
		.form = parse(a, "{\"top_p\":0.9}"),
	};

	setenv("ENABLE_PERSISTENT_CONFIG", "false", 1);
	config_setup(false);
	t.cfg = config_get_in(a);
	t.spec = parse(a, "{\"params\":{\"temperature\":0.7,\"system\":\"no\",\"custom_params\":{\"y\":{\"l\":2}},"
			  "\"model_controls\":{\"m\":{\"speed\":\"fast\"}}}}");
	ck_assert(params_merge(&t));
	params_apply(&t);
	ck_assert_str_eq(json_print(t.form), "{\"top_p\":0.9,\"temperature\":0.7,\"x\":1,\"y\":{\"l\":2},\"s\":2}");
	t.spec = parse(a, "{\"params\":{\"model_controls\":{\"m\":{\"speed\":\"gone\"}}}}");
	ck_assert(!params_merge(&t));
	ck_assert_int_eq(t.failure_status, 400);
	arena_free(a);
}
END_TEST

START_TEST(mentions_become_labels)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(skills_plain(a, "use <$knit-1|Knitting> or </x|Ex>, not <$fh> <b> </b>"),
			 "use Knitting or Ex, not <$fh> <b> </b>");
	ck_assert_str_eq(skills_plain(a, "<$a|"), "<$a|");
	ck_assert_str_eq(skills_plain(a, "plain"), "plain");
	arena_free(a);
}
END_TEST

START_TEST(sources_are_numbered)
{
	struct arena *a = arena_new();
	struct json_object *list = parse(a,
		"[{\"source\":{\"type\":\"file\",\"id\":\"f\",\"name\":\"a \\\"b\\\"\"},\"document\":[\"x\",\"y\"],"
		"\"metadata\":[{\"source\":\"s1\"},{\"source\":\"s2\"}]},"
		"{\"source\":{\"type\":\"text\",\"id\":\"s1\"},\"document\":[\"z\"],\"metadata\":[{}]}]");

	ck_assert_str_eq(files_context(a, list, true),
			 "<source id=\"1\" name=\"a &quot;b&quot;\" resource-type=\"file\" resource-id=\"f\">x</source>\n"
			 "<source id=\"2\" name=\"a &quot;b&quot;\" resource-type=\"file\" resource-id=\"f\">y</source>\n"
			 "<source id=\"1\" resource-type=\"text\">z</source>");
	arena_free(a);
}
END_TEST

UNIT_MAIN("turn_prompt", placeholders_of_every_kind, lines_are_added_to_messages, lists_of_clients_are_looked_at, parameters_are_merged,
	  mentions_become_labels, sources_are_numbered)
