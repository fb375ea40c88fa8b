#include "unit.h"
#include "note/note.h"

static struct json_object *cleaned(struct arena *a, const char *form)
{
	struct json_object *o = json_parse_text(a, form);

	note_clean(a, o);
	return json_get(o, "data");
}

START_TEST(text_is_always_text)
{
	struct arena *a = arena_new();

	ck_assert_str_eq(json_print(cleaned(a, "{\"data\":\"x\"}")), "{\"content\":{\"md\":\"x\"}}");
	ck_assert_str_eq(json_print(cleaned(a, "{\"data\":true}")), "{\"content\":{\"md\":\"True\"}}");
	ck_assert_str_eq(json_print(cleaned(a, "{\"data\":{\"content\":{\"md\":null,\"html\":1}}}")),
			 "{\"content\":{\"md\":\"\",\"html\":1}}");
	ck_assert_str_eq(json_print(cleaned(a, "{\"data\":{\"content\":{\"md\":5}}}")), "{\"content\":{\"md\":\"5\"}}");
	ck_assert(text_starts(json_str(json_at(cleaned(a, "{\"data\":{\"content\":{\"md\":{\"a\":1}}}}"), "content.md")),
			      "```json\n{\n  \"a\": 1\n}"));
	ck_assert_str_eq(json_print(cleaned(a, "{\"data\":{\"content\":7}}")), "{\"content\":7}");
	ck_assert_ptr_null(cleaned(a, "{\"data\":null}"));
	ck_assert_ptr_null(cleaned(a, "{}"));
	arena_free(a);
}
END_TEST

START_TEST(the_newest_versions_stay)
{
	struct arena *a = arena_new();
	struct buf *b = buf_in(a, 0);
	struct json_object *versions;

	buf_adds(b, "{\"data\":{\"versions\":[0");
	for (int i = 1; i < NOTE_VERSIONS_MAX + 50; i++)
		buf_printf(b, ",%d", i);
	buf_adds(b, "]}}");
	versions = json_get(cleaned(a, buf_text(b)), "versions");
	ck_assert_uint_eq(json_len(versions), NOTE_VERSIONS_MAX);
	ck_assert_int_eq(json_object_get_int(json_item(versions, 0)), 50);
	arena_free(a);
}
END_TEST

UNIT_MAIN("note", text_is_always_text, the_newest_versions_stay)
