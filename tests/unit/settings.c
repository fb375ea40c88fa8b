#include "unit.h"
#include "base/str.h"
#include "config/app.h"
#include "config/config.h"
#include "fcgi/router.h"
#include "fcgi/settings.h"

static int checked;

/* Every setting that a form names is one of the table of settings. */
static void check_table(const struct field *table)
{
	struct arena *a = arena_new();

	for (const struct field *f = table; f && f->name; f++) {
		if (f->config && strcmp(f->config, "rag.youtube_loader_translation") != 0) {
			ck_assert_msg(config_find(f->config) >= 0, "no such setting: %s", f->config);
			checked++;
		}
		if (f->def)
			ck_assert_msg(strcmp(f->def, "null") == 0 || json_parse_text(a, f->def),
				      "the default of %s is not JSON", f->name);
		if (f->sub)
			check_table(f->sub);
	}
	arena_free(a);
}

START_TEST(every_form_names_settings_that_exist)
{
	for (size_t t = 0; route_tables[t]; t++)
		for (const struct route *r = route_tables[t]; r->method; r++) {
			check_table(r->body);
			check_table(r->view);
			check_table(r->query);
		}
	ck_assert_int_gt(checked, 400);
}
END_TEST

START_TEST(a_body_becomes_changes)
{
	static const struct field inner[] = { { "b", T_STR, .config = "webui.url" }, SCHEMA_END };
	static const struct field view[] = {
		{ "A", T_BOOL, .config = "folders.enable" },
		{ "keep", T_STR | T_NULL, F_KEEP_NULL, .config = "ui.watermark" },
		{ "set", T_STR | T_NULL, .config = "auth.admin.email" },
		{ "in", T_MODEL, .sub = inner }, { "none", T_STR }, SCHEMA_END
	};
	struct arena *a = arena_new();
	struct req *r = arena_alloc(a, sizeof(*r));
	struct json_object *c;

	r->arena = a;
	c = settings_changes(r, view, json_parse_text(a,
		"{\"A\":true,\"keep\":null,\"set\":null,\"in\":{\"b\":\"x\"},\"none\":\"y\",\"more\":1}"));
	ck_assert_int_eq(json_object_object_length(c), 3);
	ck_assert(json_flag(c, "folders.enable", false));
	ck_assert(json_has(c, "auth.admin.email"));
	ck_assert_str_eq(json_text(c, "webui.url", ""), "x");
	arena_free(a);
}
END_TEST

START_TEST(what_a_browser_is_told_is_json)
{
	struct arena *a = arena_new();
	const struct config *c;

	setenv("ENABLE_PERSISTENT_CONFIG", "false", 1);
	setenv("WEBUI_NAME", "My \"Chat\"", 1);
	config_setup(false);
	c = config_get_in(a);
	for (int v = APP_ANON; v <= APP_USER; v++) {
		struct config_derived d = config_app(c, (enum app_viewer)v);
		struct json_object *o = json_parse(a, d.text, d.len, NULL);

		ck_assert(o);
		ck_assert_str_eq(json_text(o, "name", ""), "My \"Chat\" (Open WebUI)");
		ck_assert_int_eq(json_has(o, "permissions"), v == APP_USER);
		ck_assert_int_eq(json_has(json_get(o, "features"), "enable_folders"), v != APP_ANON);
		ck_assert_ptr_eq(config_app(c, (enum app_viewer)v).text, d.text);
	}
	ck_assert_str_eq(json_text(json_parse_text(a, config_app_with_models(a, c, "x,\"y")),
				   "default_models", ""), "x,\"y");
	arena_free(a);
	config_shutdown();
}
END_TEST

UNIT_MAIN("settings", every_form_names_settings_that_exist, a_body_becomes_changes,
	  what_a_browser_is_told_is_json)
