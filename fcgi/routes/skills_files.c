/* skills_files - the files of skills and of their versions, one by one, compared, and as archives. */

#include "base/diff.h"
#include "fcgi/file.h"
#include "fcgi/routes/skills.h"

static const struct field version_query[] = { { "version_id", T_STR | T_NULL }, SCHEMA_END };

static const struct field file_query[] = {
	{ "path", T_STR, F_REQUIRED },
	{ "version_id", T_STR, F_REQUIRED },
	SCHEMA_END
};

static const struct field page_query[] = { { "page", T_INT }, SCHEMA_END };

static const struct field diff_query[] = {
	{ "from_id", T_STR, F_REQUIRED },
	{ "to_id", T_STR, F_REQUIRED },
	SCHEMA_END
};

static const struct field diff_file_query[] = {
	{ "from_id", T_STR, F_REQUIRED },
	{ "to_id", T_STR, F_REQUIRED },
	{ "path", T_STR, F_REQUIRED },
	SCHEMA_END
};

static const struct field export_query[] = {
	{ "format", T_STR },
	{ "ids", T_LIST | T_NULL, .item = &(const struct field){ "", T_STR } },
	{ "version_id", T_STR | T_NULL },
	SCHEMA_END
};

bool skill_version(struct req *r, const char *id, const char *version, struct json_object **snapshot,
		   struct rows **rows)
{
	const struct thing *t = &skill_thing;

	if (!req_db_run(r, rows, Q_SKILL_SNAPSHOT, t->kind, id, r->user.id, thing_all(r, t), "read", t->none,
			t->closed, version))
		return false;
	if (!rows_count(*rows)) {
		req_fail_detail(r, 404, "Skill version not found");
		return false;
	}
	*snapshot = json_parse_text(r->arena, rows_text(*rows, 0, 0));
	return true;
}

static struct json_object *files_of(struct json_object *snapshot)
{
	return json_get(json_get(snapshot, "data"), "files");
}

static int list(struct req *r)
{
	struct json_object *snapshot, *o = json_new_object(r->arena);
	struct rows *rows;

	if (!skill_version(r, r->params[0], req_query(r, "version_id"), &snapshot, &rows))
		return 0;
	json_set_text(o, "version_id", rows_text(rows, 0, 1));
	json_set(o, "files", json_ref(skill_summaries(r->arena, files_of(snapshot))));
	return req_send_obj(r, o);
}

static int content(struct req *r)
{
	const char *path = req_query(r, "path"), *name = strrchr(path, '/');
	struct buf *disposition = buf_in(r->arena, 0);
	struct json_object *snapshot, *file;
	struct rows *rows;
	struct str data;

	if (!skill_version(r, r->params[0], req_query(r, "version_id"), &snapshot, &rows))
		return 0;
	file = skill_file(files_of(snapshot), path);
	if (!file)
		return req_fail_detail(r, 404, "File not found");
	data = skill_file_bytes(r->arena, file);
	buf_adds(disposition, "attachment; filename*=UTF-8''");
	buf_uri(disposition, name ? name + 1 : path);
	req_add_header(r, "Content-Disposition", disposition->data);
	req_add_header(r, "X-Content-Type-Options", "nosniff");
	req_add_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
	req_add_header(r, "Cache-Control", "private, no-store");
	return req_send_bytes(r, 200, file_type(path), data.p ? data.p : "", data.n);
}

static int history_get(struct req *r)
{
	struct json_object *o = json_parse_text(r->arena, rows_text(r->rows, 0, 0)), *snapshot, *data;

	if (!o)
		return req_fail_detail(r, 404, "Skill version not found");
	snapshot = json_get(o, "snapshot");
	data = json_object_new_object();
	json_set(data, "files", json_ref(skill_summaries(r->arena, files_of(snapshot))));
	json_set(snapshot, "data", data);
	return req_send_obj(r, o);
}

static bool both(struct req *r, struct json_object **old, struct json_object **new)
{
	if (!thing_two_versions(r, &skill_thing, r->params[0], "read", old, new))
		return false;
	if (!*old || !*new)
		req_fail_detail(r, 404, "Skill version not found");
	return *old && *new;
}

static bool same(struct json_object *a, struct json_object *b)
{
	return a == b || (a && b && json_object_equal(a, b));
}

/* One line for a path that differs. */
static void compare_file(struct json_object *out, const char *path, struct json_object *a, struct json_object *b)
{
	struct json_object *o;

	if (same(a, b))
		return;
	o = json_object_new_object();
	json_set_text(o, "path", path);
	json_set_text(o, "status", !a ? "added" : !b ? "deleted" : "modified");
	json_set_bool(o, "binary", json_has(a, "encoding") || json_has(b, "encoding"));
	json_object_array_add(out, o);
}

/* Both lists are sorted by path. */
static struct json_object *compare_files(struct json_object *old, struct json_object *new)
{
	struct json_object *out = json_object_new_array();
	size_t i = 0, j = 0;

	while (i < json_len(old) || j < json_len(new)) {
		struct json_object *a = json_item(old, i), *b = json_item(new, j);
		int c = !a ? 1 : !b ? -1 : strcmp(json_text(a, "path", ""), json_text(b, "path", ""));

		compare_file(out, json_text(c <= 0 ? a : b, "path", ""), c <= 0 ? a : NULL, c >= 0 ? b : NULL);
		i += c <= 0;
		j += c >= 0;
	}
	return out;
}

static int diff(struct req *r)
{
	static const char *const members[] = { "name", "description", "meta" };
	struct json_object *old, *new, *o = json_new_object(r->arena), *meta = json_new_object(r->arena);

	if (!both(r, &old, &new))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct json_object *a = json_get(old, members[i]), *b = json_get(new, members[i]), *pair;

		if (same(a, b))
			continue;
		pair = json_object_new_object();
		json_set(pair, "before", json_ref(a));
		json_set(pair, "after", json_ref(b));
		json_set(meta, members[i], pair);
	}
	json_set(o, "metadata", json_ref(meta));
	json_set(o, "files", compare_files(files_of(old), files_of(new)));
	return req_send_obj(r, o);
}

static int diff_file(struct req *r)
{
	const char *path = req_query(r, "path"), *before, *after;
	struct json_object *old, *new, *o = json_new_object(r->arena);
	struct buf *text = buf_in(r->arena, 0);
	struct str *lines;
	size_t n;

	if (!both(r, &old, &new))
		return 0;
	old = skill_file(files_of(old), path);
	new = skill_file(files_of(new), path);
	if (!old && !new)
		return req_fail_detail(r, 404, "File not found");
	json_set_bool(o, "binary", json_has(old, "encoding") || json_has(new, "encoding"));
	if (json_flag(o, "binary", false))
		return req_send_obj(r, o);
	before = json_text(old, "content", "");
	after = json_text(new, "content", "");
	n = diff_unified(r->arena, str_of(before), str_of(after),
			 arena_printf(r->arena, "%.7s/%s", req_query(r, "from_id"), path),
			 arena_printf(r->arena, "%.7s/%s", req_query(r, "to_id"), path), &lines);
	for (size_t i = 0; i < n; i++) {
		buf_adds(text, i ? "\n" : "");
		buf_addstr(text, lines[i]);
	}
	json_set_text(o, "diff", buf_text(text));
	json_set_bool(o, "line_endings_only", !n && strcmp(before, after) != 0);
	return req_send_obj(r, o);
}

/* A skill as a package; NULL: answered. */
static struct json_object *package(struct req *r, const char *id, const char *version)
{
	struct json_object *snapshot, *o = json_new_object(r->arena);
	struct rows *rows;

	if (!skill_version(r, id, version, &snapshot, &rows))
		return NULL;
	json_set_text(o, "id", id);
	json_set_text(o, "name", json_text(snapshot, "name", ""));
	json_set_text(o, "description", json_text(snapshot, "description", NULL));
	json_set(o, "meta", json_ref(json_get(snapshot, "meta")));
	json_set(o, "files", json_ref(files_of(snapshot)));
	json_set_bool(o, "is_active", rows_bool(rows, 0, 2));
	return o;
}

static int send_archive(struct req *r, struct json_object *packages, bool one)
{
	struct buf *out = buf_in(r->arena, SKILL_IMPORT_MAX);
	const char *err, *name = one ? json_text(json_item(packages, 0), "id", "skill") : "skills";

	if (!skill_zip(r->arena, packages, out, &err))
		return req_fail_detail(r, 400, "%s", err);
	req_add_header(r, "Content-Disposition",
		       arena_printf(r->arena, "attachment; filename=\"%s.%s\"", name, one ? "skill" : "zip"));
	return req_send_bytes(r, 200, "application/zip", out->data, out->len);
}

static int export(struct req *r)
{
	struct json_object *ids = json_get(r->query, "ids"), *packages = json_new_array(r->arena);
	const char *format = req_query(r, "format"), *version = req_query(r, "version_id"), *all;
	bool one = json_len(ids) == 1;

	format = format ? format : "json";
	if (!req_permitted(r, "workspace.skills_export"))
		return r->status ? 0 : req_fail_detail(r, 403, "Export permission required");
	if (!text_empty(version) && !one)
		return req_fail_detail(r, 400, "Select one skill to export a historical version");
	if (text_eq(format, "skill") && !one)
		return req_fail_detail(r, 400, "Select one skill to export as .skill");
	if (!ids) {
		if (!req_db_text(r, &all, Q_SKILL_IDS, r->user.id, thing_all(r, &skill_thing)))
			return 0;
		ids = json_parse_text(r->arena, all);
	}
	for (size_t i = 0; i < json_len(ids); i++) {
		struct json_object *p = package(r, json_str(json_item(ids, i)), text_empty(version) ? NULL : version);

		if (!p)
			return 0;
		json_object_array_add(packages, json_ref(p));
	}
	if (text_eq(format, "zip") || text_eq(format, "skill"))
		return send_archive(r, packages, text_eq(format, "skill"));
	if (!text_eq(format, "json"))
		return req_fail_detail(r, 400, "Export format must be json, zip, or skill");
	return req_send_obj(r, one ? json_item(packages, 0) : packages);
}

#define SKILL(permission) "'skill' {id} user admin_all '" permission "' 'ERR_NOT_FOUND' 'ERR_FORBIDDEN'"

const struct route skill_file_routes[] = {
	{ "GET", "/api/v1/skills/export", USER, export, .query = export_query, .flags = R_PERMISSIONS },
	{ "GET", "/api/v1/skills/id/{id}/files", USER, list, .query = version_query },
	{ "GET", "/api/v1/skills/id/{id}/files/content", USER, content, .query = file_query },
	{ "GET", "/api/v1/skills/id/{id}/history", USER, .query = page_query, .sql = Q_VERSION_LIST,
	  .args = SKILL("read") " ?page '1'" },
	{ "GET", "/api/v1/skills/id/{id}/history/diff", USER, diff, .query = diff_query },
	{ "GET", "/api/v1/skills/id/{id}/history/diff/file", USER, diff_file, .query = diff_file_query },
	{ "GET", "/api/v1/skills/id/{id}/history/{history_id}", USER, history_get, .sql = Q_VERSION_GET,
	  .args = SKILL("read") " {history_id}" },
	{ "DELETE", "/api/v1/skills/id/{id}/history/{history_id}", USER, .sql = Q_VERSION_DELETE,
	  .args = SKILL("write") " {history_id}" },
	ROUTES_END
};
