#include "unit.h"
#include "skill/fetch.h"

static struct json_object *parsed(struct arena *a, const char *s)
{
	return json_parse_text(a, s);
}

START_TEST(files_are_checked_and_sorted)
{
	static const char *const bad[] = {
		"[]", "[{\"path\":\"a\",\"content\":\"\"}]",
		"[{\"path\":\"SKILL.md\",\"content\":\"AA==\",\"encoding\":\"base64\"}]",
		"[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"SKILL.md\",\"content\":\"\"}]",
		"[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"../x\",\"content\":\"\"}]",
		"[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"/x\",\"content\":\"\"}]",
		"[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"c:x\",\"content\":\"\"}]",
		"[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"x\",\"content\":\"%\",\"encoding\":\"base64\"}]",
		"[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"a\",\"content\":\"\"},{\"path\":\"a/b\",\"content\":\"\"}]",
		"[7]", "[{\"path\":\"SKILL.md\"}]",
	};
	struct arena *a = arena_new();
	const char *err;
	struct json_object *f;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_ptr_null(skill_files(a, parsed(a, bad[i]), NULL, &err));
		ck_assert_ptr_nonnull(err);
	}
	f = skill_files(a, parsed(a, "[{\"path\":\"b\",\"content\":\"1\"},{\"path\":\"SKILL.md\",\"content\":\"# S\",\"x\":1}]"),
			NULL, &err);
	ck_assert_str_eq(json_print(f), "[{\"path\":\"SKILL.md\",\"content\":\"# S\"},{\"path\":\"b\",\"content\":\"1\"}]");
	ck_assert_str_eq(skill_text(f), "# S");
	arena_free(a);
}
END_TEST

START_TEST(operations_follow_each_other)
{
	struct arena *a = arena_new();
	const char *err;
	struct json_object *f = parsed(a, "[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"d/x\",\"content\":\"1\"},"
					  "{\"path\":\"d/y\",\"content\":\"2\"}]");

	f = skill_files_after(a, f, parsed(a, "[{\"op\":\"move\",\"path\":\"d\",\"destination\":\"e\"},"
					      "{\"op\":\"delete\",\"path\":\"e/y\"},"
					      "{\"op\":\"put\",\"path\":\"n\",\"content\":\"3\"}]"), &err);
	ck_assert_str_eq(json_print(f), "[{\"path\":\"SKILL.md\",\"content\":\"\"},{\"path\":\"e/x\",\"content\":\"1\"},"
					"{\"path\":\"n\",\"content\":\"3\"}]");
	ck_assert_ptr_null(skill_files_after(a, f, parsed(a, "[{\"op\":\"delete\",\"path\":\"SKILL.md\"}]"), &err));
	ck_assert_ptr_null(skill_files_after(a, f, parsed(a, "[{\"op\":\"delete\",\"path\":\"zz\"}]"), &err));
	ck_assert_ptr_null(skill_files_after(a, f, parsed(a, "[{\"op\":\"move\",\"path\":\"e\",\"destination\":\"e/f\"}]"), &err));
	ck_assert_ptr_null(skill_files_after(a, f, parsed(a, "[{\"op\":\"move\",\"path\":\"n\",\"destination\":\"e/x\"}]"), &err));
	ck_assert_ptr_null(skill_files_after(a, f, parsed(a, "[{\"op\":\"put\",\"path\":\"q\"}]"), &err));
	arena_free(a);
}
END_TEST

START_TEST(frontmatter_is_yaml)
{
	struct arena *a = arena_new();
	const char *name, *described;

	skill_frontmatter(a, "---\nname: \"pdf: tools\"\ndescription: >\n  two\n  lines\n---\n# Body", &name, &described);
	ck_assert_str_eq(name, "pdf: tools");
	ck_assert_str_eq(described, "two lines\n");
	skill_frontmatter(a, "---\r\nname: x\r\n---\r\n", &name, &described);
	ck_assert_str_eq(name, "x");
	ck_assert_ptr_null(described);
	skill_frontmatter(a, "---\nname: [\n---\n", &name, &described);
	ck_assert_ptr_null(name);
	skill_frontmatter(a, "---\nname: never closed", &name, &described);
	ck_assert_ptr_null(name);
	skill_frontmatter(a, "# no block\n---\nname: x\n---\n", &name, &described);
	ck_assert_ptr_null(name);
	arena_free(a);
}
END_TEST

static struct json_object *import_one(struct arena *a, const char *name, struct str data, const char **err)
{
	struct skill_import i;
	struct json_object *out;

	skill_import_start(&i, a);
	skill_import_add(&i, name, data);
	out = skill_import_end(&i);
	*err = i.err;
	return out;
}

START_TEST(archives_come_back_as_they_went)
{
	struct arena *a = arena_new();
	struct json_object *p, *list;
	struct buf *zip = buf_in(a, 0);
	const char *err;

	list = import_one(a, "skills.json", str_of("[{\"name\":\"One Two\",\"files\":[{\"path\":\"SKILL.md\",\"content\":\"# 1\"},"
		"{\"path\":\"bin/x\",\"content\":\"AAEC\",\"encoding\":\"base64\"}]}]"), &err);
	ck_assert_str_eq(json_text(json_item(list, 0), "id", ""), "one-two");
	ck_assert(skill_zip(a, list, zip, &err));
	p = import_one(a, "s.zip", (struct str){ zip->data, zip->len }, &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(json_print(json_get(json_item(p, 0), "files")), json_print(json_get(json_item(list, 0), "files")));
	ck_assert_ptr_null(import_one(a, "s.zip", (struct str){ zip->data, zip->len / 2 }, &err));
	ck_assert_ptr_null(import_one(a, "s.zip", STR("no archive"), &err));
	json_object_array_add(list, json_ref(json_item(list, 0)));
	ck_assert(!skill_zip(a, list, zip, &err));	/* two of one name */
	ck_assert_ptr_null(import_one(a, "x.txt", STR(""), &err));
	ck_assert_ptr_null(import_one(a, "x.json", STR("[7]"), &err));
	ck_assert_ptr_null(import_one(a, "dir/readme.md", STR(""), &err));
	ck_assert_ptr_nonnull(import_one(a, "dir/SKILL.md", STR("# x"), &err));
	arena_free(a);
}
END_TEST

START_TEST(pages_of_github_lead_to_archives)
{
	struct arena *a = arena_new();
	const char *folder, *err = NULL;

	ck_assert_str_eq(skill_source(a, "https://github.com/o/r.git", &folder, &err), "https://codeload.github.com/o/r/zip/HEAD");
	ck_assert_str_eq(folder, "");
	ck_assert_str_eq(skill_source(a, "https://github.com/o/r/tree/v1%2F2/a/b", &folder, &err),
			 "https://codeload.github.com/o/r/zip/v1%2F2");
	ck_assert_str_eq(folder, "a/b/");
	ck_assert_ptr_nonnull(skill_source(a, "https://github.com/o/r/blob/main/a/SKILL.md", &folder, &err));
	ck_assert_str_eq(folder, "a/");
	ck_assert_ptr_null(skill_source(a, "https://github.com/o/r/blob/main/a/x.md", &folder, &err));
	ck_assert_ptr_null(skill_source(a, "https://github.com/o", &folder, &err));
	ck_assert_ptr_null(skill_source(a, "https://u:p@host/x", &folder, &err));
	ck_assert_ptr_null(skill_source(a, "ftp://host/x", &folder, &err));
	ck_assert_str_eq(skill_source(a, "http://host/x.skill", &folder, &err), "http://host/x.skill");
	ck_assert_ptr_null(folder);
	arena_free(a);
}
END_TEST

UNIT_MAIN("skill", files_are_checked_and_sorted, operations_follow_each_other, frontmatter_is_yaml,
	  archives_come_back_as_they_went, pages_of_github_lead_to_archives)
