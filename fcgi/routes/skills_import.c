/* skills_import - skills from uploaded files, with a decision for each, and from an address. */

#include "fcgi/routes/skills.h"
#include "skill/fetch.h"

static const struct field preview_form[] = { { "files", T_FILE, F_REQUIRED }, SCHEMA_END };

static const struct field import_form[] = {
	{ "files", T_FILE, F_REQUIRED },
	{ "decisions", T_STR, F_REQUIRED },
	SCHEMA_END
};

static const struct field url_form[] = { { "url", T_STR, F_REQUIRED, .min = "1" }, SCHEMA_END };

/* The uploaded files as packages; NULL: answered. */
static struct json_object *read_packages(struct req *r)
{
	struct skill_import i;
	struct json_object *packages;

	if (!req_permitted(r, "workspace.skills_import")) {
		if (!r->status)
			req_fail_detail(r, 403, "Import permission required");
		return NULL;
	}
	skill_import_start(&i, r->arena);
	for (size_t k = 0; k < r->part_count && !i.err; k++)
		if (text_eq(r->parts[k].name, "files") && r->parts[k].filename)
			skill_import_add(&i, r->parts[k].filename, r->parts[k].data);
	packages = skill_import_end(&i);
	if (!packages)
		req_fail_detail(r, 400, "%s", i.err);
	return packages;
}

static int preview(struct req *r)
{
	struct json_object *packages = read_packages(r), *taken;
	const char *json;

	if (!packages || !req_db_text(r, &json, Q_SKILL_TAKEN, r->user.id, thing_all(r, &skill_thing),
				      json_print(packages)))
		return 0;
	taken = json_parse_text(r->arena, json);
	for (size_t i = 0; i < json_len(packages); i++) {
		struct json_object *p = json_item(packages, i);

		json_set_i64(p, "index", (int64_t)i);
		json_set(p, "files", json_ref(skill_summaries(r->arena, json_get(p, "files"))));
		json_object_object_foreach(json_item(taken, i), key, value) {
			json_set(p, key, json_ref(value));
		}
	}
	return req_send_obj(r, packages);
}

/* NULL, and *no says why, unless the skill is stored; the id that it has then. */
static const char *store(struct req *r, struct json_object *p, struct json_object *choice, struct skill_refusal *no)
{
	const char *action = json_text(choice, "action", "skip"), *expected = json_text(choice, "expected_version_id", "");
	struct json_object *faults = json_new_array(r->arena);
	const char *json;

	json_set_text(p, "id", json_text(choice, "id", json_text(p, "id", "")));
	json_set_text(p, "name", json_text(choice, "name", json_text(p, "name", "")));
	if (!schema_check(skill_form, p, "body", faults)) {
		*no = (struct skill_refusal){ 400, json_print(faults), NULL };
		return NULL;
	}
	if (text_eq(action, "replace")) {
		if (text_empty(expected)) {
			*no = (struct skill_refusal){ 400, "Replacement requires expected_version_id", NULL };
			return NULL;
		}
		json_set_text(p, "expected_version_id", expected);
		json = skill_change(r, json_text(p, "id", ""), p, no);
	} else if (text_eq(action, "create") || text_eq(action, "copy")) {
		json = skill_make(r, p, "[]", no);
	} else {
		*no = (struct skill_refusal){ 400, "Unknown import action", NULL };
		return NULL;
	}
	return json ? json_text(json_parse_text(r->arena, json), "id", "") : NULL;
}

static struct json_object *decide(struct req *r, struct json_object *p, struct json_object *choice)
{
	struct json_object *o = json_object_new_object();
	const char *was = json_text(p, "id", ""), *id;
	struct skill_refusal no;

	was = arena_strdup(r->arena, was);
	json_set_text(o, "id", was);
	json_set_text(o, "status", "skipped");
	if (text_eq(json_text(choice, "action", "skip"), "skip"))
		return o;
	id = store(r, p, choice, &no);
	json_set_text(o, "status", id ? "saved" : "error");
	if (id)
		json_set_text(o, "id", id);
	else
		json_set_text(o, "error", no.current ? "The skill was changed meanwhile." : no.detail);
	return o;
}

static int import(struct req *r)
{
	struct json_object *packages = read_packages(r), *choices, *out;
	const char *text = json_text(r->body, "decisions", ""), *err;

	if (!packages)
		return 0;
	choices = json_parse(r->arena, text, strlen(text), &err);
	if (err || !json_is(choices, json_type_array) || json_len(choices) != json_len(packages))
		return req_fail_detail(r, 400, "One decision is required per skill");
	for (size_t i = 0; i < json_len(choices); i++)
		if (!json_is(json_item(choices, i), json_type_object))
			return req_fail_detail(r, 400, "Decision %zu is no object", i);
	out = json_new_array(r->arena);
	for (size_t i = 0; i < json_len(packages); i++)
		json_object_array_add(out, decide(r, json_item(packages, i), json_item(choices, i)));
	return req_send_obj(r, out);
}

static int load_url(struct req *r)
{
	const char *url = json_text(r->body, "url", ""), *err = NULL;
	struct json_object *packages;

	if (!strstr(url, "://")) {
		struct json_object *faults = json_new_array(r->arena);

		schema_fault(faults, "url_parsing", "body", "url",
			     "Input should be a valid URL, relative URL without a base", json_get(r->body, "url"));
		return req_fail_422(r, faults);
	}
	req_db_release(r);
	packages = skill_fetch(r->arena, url, &err);
	return packages ? req_send_obj(r, packages) : req_fail_detail(r, 400, "%s", err);
}

const struct route skill_import_routes[] = {
	{ "POST", "/api/v1/skills/import", USER, import, import_form,
	  .flags = R_FORM | R_PERMISSIONS },
	{ "POST", "/api/v1/skills/import/preview", USER, preview, preview_form,
	  .flags = R_FORM | R_PERMISSIONS },
	{ "POST", "/api/v1/skills/load/url", ADMIN, load_url, url_form, .flags = R_STREAM },
	ROUTES_END
};
