#include "unit.h"

#include "tool/ask.h"
#include "tool/mcp.h"
#include "tool/openapi.h"
#include "tool/result.h"
#include "tool/server.h"
#include "turn/tool_messages.h"

static struct json_object *digest(struct arena *a, const char *text)
{
	const char *err = NULL;

	return openapi_digest(a, json_parse_text(a, text), &err);
}

static const char doc[] =
	"{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"T\",\"description\":\"D\"},\"paths\":{\"/users/{id}\":{"
	"\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"integer\"}},"
	"{\"name\":\"lang\",\"in\":\"query\",\"description\":\"old\"}],"
	"\"post\":{\"operationId\":\"save\",\"summary\":\"Save it\",\"parameters\":["
	"{\"name\":\"lang\",\"in\":\"query\",\"schema\":{\"type\":\"string\",\"enum\":[\"de\",\"fr\"]}},"
	"{\"$ref\":\"#/components/parameters/Tags\"}],\"requestBody\":{\"content\":{\"application/json\":{"
	"\"schema\":{\"$ref\":\"#/components/schemas/User\"}}}}},"
	"\"get\":{\"description\":\"no name\"},\"x-more\":{\"operationId\":\"x\"}},\"/odd\":5},"
	"\"components\":{\"parameters\":{\"Tags\":{\"name\":\"tags\",\"in\":\"query\",\"schema\":{\"type\":\"array\","
	"\"items\":{\"type\":\"string\"}}}},\"schemas\":{\"User\":{\"type\":\"object\",\"required\":[\"name\"],"
	"\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"anyOf\":[{\"type\":\"integer\"},"
	"{\"type\":\"null\"}],\"default\":null},\"boss\":{\"$ref\":\"#/components/schemas/User\"},\"any\":{}}}}}}";

START_TEST(operations_become_tools)
{
	struct arena *a = arena_new();
	struct json_object *d = digest(a, doc), *t = json_at(d, "tools.0");

	ck_assert_str_eq(json_text(d, "title", ""), "T");
	ck_assert_uint_eq(json_len(json_get(d, "tools")), 1);
	ck_assert_str_eq(json_print(json_get(t, "parameters")),
		"{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\",\"description\":\"\"},"
		"\"lang\":{\"type\":\"string\",\"description\":\"One of: de, fr\"},"
		"\"tags\":{\"type\":\"array\",\"description\":\"\",\"items\":{\"type\":\"string\"}},"
		"\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"},"
		"\"boss\":{\"type\":\"string\"},\"any\":{\"type\":\"string\"}},\"required\":[\"id\",\"name\"]}");
	ck_assert_str_eq(json_text(t, "description", ""), "Save it");
	arena_free(a);
}
END_TEST

START_TEST(calls_become_requests)
{
	struct arena *a = arena_new();
	struct json_object *t = json_at(digest(a, doc), "tools.0");
	struct openapi_request r;
	const char *err = NULL;

	ck_assert(openapi_request(a, "http://h/api/", t, json_parse_text(a,
		"{\"id\":\"a/b c\",\"lang\":\"\",\"tags\":[\"x y\",\"z\"],\"name\":\"N\",\"extra\":1}"), &r, &err));
	ck_assert_str_eq(r.method, "POST");
	ck_assert_str_eq(r.url, "http://h/api/users/a%2Fb%20c?tags=x%20y&tags=z");
	ck_assert_str_eq(r.body, "{\"name\":\"N\",\"extra\":1}");
	ck_assert(!openapi_request(a, "http://h", t, json_parse_text(a, "{\"id\":\"..\"}"), &r, &err));
	ck_assert(!openapi_request(a, "http://h", t, json_parse_text(a, "{\"id\":\"\"}"), &r, &err));
	arena_free(a);
}
END_TEST

START_TEST(paths_stay_behind_the_host)
{
	struct arena *a = arena_new();
	struct json_object *t = json_parse_text(a, "{\"method\":\"get\",\"path\":\"@other/ {x y}\\n\"}");
	struct openapi_request r;
	const char *err = NULL;

	ck_assert(openapi_request(a, "http://h", t, json_new_object(a), &r, &err));
	ck_assert_str_eq(r.url, "http://h/@other/%20%7Bx%20y%7D%0A");
	arena_free(a);
}
END_TEST

START_TEST(long_arguments_are_refused)
{
	struct arena *a = arena_new();
	struct json_object *t = json_at(digest(a, doc), "tools.0"), *args = json_new_object(a);
	struct buf *big = buf_in(a, 0);
	struct openapi_request r;
	const char *err = NULL;

	for (int i = 0; i < OPENAPI_MAX_URL; i++)
		buf_addc(big, 'x');
	json_set_text(args, "id", buf_text(big));
	ck_assert(!openapi_request(a, "http://h", t, args, &r, &err));
	ck_assert_ptr_nonnull(err);
	arena_free(a);
}
END_TEST

/* Each schema holds the next one twice: 2^40 nodes when nobody counts. */
START_TEST(descriptions_that_explode_are_bounded)
{
	struct arena *a = arena_new();
	struct buf *b = buf_in(a, 0);
	struct json_object *d;

	buf_adds(b, "{\"paths\":{\"/x\":{\"post\":{\"operationId\":\"x\",\"requestBody\":{\"content\":{"
		    "\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/S0\"}}}}}}},"
		    "\"components\":{\"schemas\":{");
	for (int i = 0; i < 40; i++)
		buf_printf(b, "%s\"S%d\":{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/S%d\"},"
			   "\"b\":{\"$ref\":\"#/components/schemas/S%d\"}}}", i ? "," : "", i, i + 1, i + 1);
	buf_adds(b, "}}}");
	d = digest(a, buf_text(b));
	ck_assert_uint_eq(json_len(json_get(d, "tools")), 1);
	ck_assert_uint_lt(strlen(json_print(d)), 64 * OPENAPI_MAX_NODES);
	arena_free(a);
}
END_TEST

START_TEST(nonsense_is_no_description)
{
	static const char *const texts[] = { "{}", "[]", "5", "{\"paths\":[]}", "{\"paths\":null}" };
	static const char *const odd[] = {
		"{\"paths\":{\"/a\":{\"get\":{\"operationId\":5}}}}",
		"{\"paths\":{\"/a\":{\"get\":{\"operationId\":\"a\",\"parameters\":{},\"requestBody\":[]}}}}",
		"{\"paths\":{\"/a\":{\"get\":{\"operationId\":\"a\",\"parameters\":[1,{\"name\":[]},{\"name\":\"n\","
		"\"schema\":[]}],\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"properties\":[],"
		"\"anyOf\":5,\"items\":7,\"required\":\"x\"}}}}}}}}",
		"{\"paths\":{\"/a\":{\"get\":{\"operationId\":\"a\",\"parameters\":[{\"$ref\":\"#/components/x\"}]}}},"
		"\"components\":{\"x\":{\"$ref\":\"#/components/x\"}}}",
		"{\"paths\":{\"/a\":{\"post\":{\"operationId\":\"a\",\"requestBody\":{\"content\":{\"application/json\":"
		"{\"schema\":{\"$ref\":\"http://evil/x.json\"}}}}}}}}",
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ck_assert_ptr_null(digest(a, texts[i]));
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		ck_assert_ptr_nonnull(digest(a, odd[i]));
	arena_free(a);
}
END_TEST

START_TEST(failures_are_recognised)
{
	static const char *const bad[] = {
		"Error: x", "  exception: y", "Traceback (most recent", "{\"error\":\"x\"}", "{\"error\":{\"a\":1}}",
		"\"{\\\"error\\\":\\\"x\\\"}\"", "{\"status\":\"failed\"}", "{\"ok\":false,\"message\":\"m\"}",
	};
	static const char *const good[] = {
		"", "errors: none", "{\"error\":\"\"}", "{\"error\":null}", "{\"error\":{}}", "{\"status\":\"ok\"}",
		"{\"ok\":false}", "[1]", "{", "{\"success\":true,\"message\":\"m\"}",
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(result_is_error(a, bad[i]), "%s", bad[i]);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(!result_is_error(a, good[i]), "%s", good[i]);
	arena_free(a);
}
END_TEST

/* A tool that answers with its arguments' member "v". */
static void echo(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *out)
{
	(void)b;
	(void)t;
	out->json = json_get(args, "v");
}

static const struct tool_ops echo_ops = { "test", false, echo };

START_TEST(values_are_put_in_words)
{
	static const char *const cases[][2] = {
		{ "{\"v\":{\"a\":[1,\"\\u00e9/\"]}}", "{\n  \"a\": [\n    1,\n    \"\xc3\xa9/\"\n  ]\n}" },
		{ "{\"v\":[]}", "{\n  \"results\": []\n}" }, { "{\"v\":\"text\"}", "text" },
		{ "{\"v\":true}", "True" }, { "{\"v\":1.50}", "1.50" }, { "{\"v\":null}", "" }, { "", "" },
		{ "{\"v\":{\"p\":\"data:image/png;base64,AAAA\"}}", "{\n  \"p\": \"[image]\"\n}" },
	};
	struct arena *a = arena_new();
	struct toolbox box = { .arena = a, .cancel_fd = -1 };
	struct tool_result r;

	toolbox_add(&box, NULL, "echo", json_parse_text(a, "{\"parameters\":{\"properties\":{\"v\":{}}}}"), &echo_ops,
		    NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		toolbox_call(&box, "echo", cases[i][0], &r);
		ck_assert_str_eq(r.text, cases[i][1]);
		ck_assert(!r.failed);
	}
	ck_assert_str_eq(json_text(json_item(r.files, 0), "url", ""), "data:image/png;base64,AAAA");
	toolbox_call(&box, "echo", "{\"w\":1}", &r);
	ck_assert_str_eq(r.text, "");
	toolbox_call(&box, "nosuch", "{}", &r);
	ck_assert_str_eq(r.text, "Error: Tool \"nosuch\" not found.");
	toolbox_call(&box, "echo", "{\"v\":", &r);
	ck_assert(r.failed && !r.arguments);
	toolbox_call(&box, "echo", "[1]", &r);
	ck_assert(r.failed);
	arena_free(a);
}
END_TEST

START_TEST(names_stay_apart)
{
	struct arena *a = arena_new();
	struct toolbox box = { .arena = a, .cancel_fd = -1 };

	ck_assert_ptr_nonnull(toolbox_add(&box, "s1", "x", NULL, &echo_ops, NULL));
	ck_assert_str_eq(toolbox_add(&box, "s2", "x", NULL, &echo_ops, NULL)->name, "s2_x");
	ck_assert_ptr_null(toolbox_add(&box, NULL, "x", NULL, &echo_ops, NULL));
	ck_assert_uint_eq(json_len(json_opened(a, toolbox_specs(&box))), 2);
	ck_assert_str_eq(json_print(toolbox_specs(&box)),
			 "[{\"type\":\"function\",\"function\":{\"name\":\"x\"}},{\"type\":\"function\",\"function\":{\"name\":\"s2_x\"}}]");
	arena_free(a);
}
END_TEST

START_TEST(lists_of_names_filter)
{
	struct arena *a = arena_new();
	struct json_object *c = json_parse_text(a, "{\"config\":{\"function_name_filter_list\":\"get_a, list_b,!bad_list_b\"}}");

	ck_assert(server_lets_through(c, "get_a"));
	ck_assert(server_lets_through(c, "x_list_b"));
	ck_assert(!server_lets_through(c, "bad_list_b"));
	ck_assert(!server_lets_through(c, "other"));
	ck_assert(server_lets_through(json_parse_text(a, "{\"config\":{\"function_name_filter_list\":\"!bad\"}}"), "x"));
	ck_assert(server_lets_through(json_parse_text(a, "{}"), "x"));
	arena_free(a);
}
END_TEST

START_TEST(structured_content_is_told_once)
{
	static const struct {
		const char *result;
		size_t items;
	} cases[] = {
		{ "{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"b\\\":1,\\\"a\\\":2}\"}],\"structuredContent\":{\"a\":2,\"b\":1}}", 1 },
		{ "{\"content\":[{\"type\":\"text\",\"text\":\"hi\"}],\"structuredContent\":{\"a\":2}}", 2 },
		{ "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}],"
		  "\"structuredContent\":{\"result\":[\"a\",\"b\"]}}", 2 },
		{ "{\"content\":[{\"type\":\"text\",\"text\":\"[1,2]\"}],\"structuredContent\":{\"result\":[1,2]}}", 1 },
		{ "{\"content\":[]}", 0 }, { "{}", 0 }, { "{\"content\":5,\"structuredContent\":{\"a\":1}}", 1 },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_uint_eq(json_len(mcp_structured(a, json_parse_text(a, cases[i].result))), cases[i].items);
	arena_free(a);
}
END_TEST

/* Calls with their results; a call without one, and reasoning, are left out. */
START_TEST(items_become_messages)
{
	static const char items[] =
		"[{\"type\":\"reasoning\",\"content\":[{\"type\":\"output_text\",\"text\":\"hm\"}]},"
		"{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"I look.\"}]},"
		"{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"{}\",\"status\":\"completed\"},"
		"{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"g\",\"arguments\":\"{}\",\"status\":\"incomplete\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":[{\"type\":\"input_text\",\"text\":\"R\"},"
		"{\"type\":\"input_image\",\"image_url\":\"data:x\"}],\"status\":\"completed\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":[],\"status\":\"completed\"},"
		"{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Done\"}]}]";
	struct arena *a = arena_new();
	struct json_object *list = json_new_array(a);

	ck_assert_uint_eq(tool_messages_add(list, json_parse_text(a, items), 0), 4);
	ck_assert_str_eq(json_print(list),
		"[{\"role\":\"assistant\",\"content\":\"I look.\",\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\","
		"\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"R\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"These pictures belong to the tool results above.\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]},"
		"{\"role\":\"assistant\",\"content\":\"Done\"}]");
	ck_assert_uint_eq(tool_messages_add(list, json_parse_text(a, "[]"), 0), 0);
	arena_free(a);
}
END_TEST

START_TEST(questions_are_checked)
{
	static const char good[] =
		"{\"questions\":[{\"id\":\" q \",\"question\":\"Q?\",\"options\":[{\"label\":\"A\",\"description\":\"a\"},"
		"{\"label\":\"B\",\"description\":\"b\"}]}],\"timeout_ms\":5}";
	static const char *const bad[] = {
		"{}", "{\"questions\":[]}", "{\"questions\":[5]}", "{\"questions\":\"x\"}",
		"{\"questions\":[{\"id\":\"q\",\"question\":\"Q?\",\"options\":[]}]}",
		"{\"questions\":[{\"id\":\"q\",\"question\":\"Q?\",\"options\":[1,2]}]}",
	};
	struct arena *a = arena_new();
	const char *err = NULL;
	struct json_object *o = ask_normal(a, json_parse_text(a, good), &err);

	ck_assert_str_eq(json_print(o), "{\"questions\":[{\"id\":\"q\",\"header\":\"Question 1\",\"question\":\"Q?\","
		"\"options\":[{\"label\":\"A\",\"description\":\"a\"},{\"label\":\"B\",\"description\":\"b\"}],"
		"\"allow_other\":true}],\"allow_other\":true,\"timeout_ms\":120000}");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_ptr_null(ask_normal(a, json_parse_text(a, bad[i]), &err));
		ck_assert_ptr_nonnull(err);
	}
	arena_free(a);
}
END_TEST

UNIT_MAIN("tool", operations_become_tools, calls_become_requests, paths_stay_behind_the_host, long_arguments_are_refused,
	  descriptions_that_explode_are_bounded, nonsense_is_no_description, failures_are_recognised,
	  values_are_put_in_words, names_stay_apart, lists_of_names_filter, structured_content_is_told_once,
	  questions_are_checked, items_become_messages)
