#include "skill/store.h"

#include <ctype.h>

#include "skill/package.h"

static const char *refused(struct skill_end *end, const char *why)
{
	*end = (struct skill_end){ .why = why };
	return NULL;
}

static const char *failed(struct arena *a, struct db *db, struct skill_end *end)
{
	*end = (struct skill_end){ .failure = { db_error(db), arena_strdup(a, db_message(db)) } };
	return NULL;
}

/* "My Skill" -> "my-skill"; what then does not fit into a path is refused. */
static const char *make_id(struct arena *a, const char *id)
{
	char *out = arena_strdup(a, id);

	for (char *p = out; *p; p++) {
		*p = *p == ' ' ? '-' : (char)tolower((unsigned char)*p);
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '_' && *p != '-')
			return NULL;
	}
	return *out ? out : NULL;
}

static int sources(struct json_object *form)
{
	return !!json_get(form, "files") + !!json_get(form, "data") + !!json_get(form, "operations");
}

static struct json_object *sent_files(struct json_object *form)
{
	struct json_object *data = json_get(form, "data");

	return data ? json_get(data, "files") : json_get(form, "files");
}

static struct json_object *one_file(struct arena *a, const char *text)
{
	struct json_object *list = json_new_array(a), *f = json_object_new_object();

	json_set_text(f, "path", "SKILL.md");
	json_set_text(f, "content", text);
	json_object_array_add(list, f);
	return list;
}

static void set_files(struct json_object *form, struct json_object *files)
{
	json_set(form, "files", json_ref(files));
	json_set_text(form, "content", skill_text(files));
}

static const char *form_text(struct arena *a, struct json_object *form)
{
	const char *text = json_print(form);

	return json_strip_nul(a, text, strlen(text));
}

const char *skill_store_make(struct arena *a, struct db *db, const char *user_id, struct json_object *form,
			     const char *grants, struct skill_end *end)
{
	struct json_object *files = sent_files(form);
	const char *id = make_id(a, json_text(form, "id", "")), *err;
	struct rows *rows;

	if (!id)
		return refused(end, "Invalid skill ID");
	if (json_get(form, "files") && json_get(form, "data"))
		return refused(end, "Provide data or files, not both");
	files = skill_files(a, files ? files : one_file(a, json_text(form, "content", "")), NULL, &err);
	if (!files)
		return refused(end, err);
	json_set_text(form, "id", id);
	set_files(form, files);
	if (db_run(db, a, &rows, Q_SKILL_CREATE, user_id, form_text(a, form), grants) < 0)
		return failed(a, db, end);
	return rows_text(rows, 0, 0);
}

/* The files that the form makes of the present ones; NULL: *err. */
static struct json_object *changed_files(struct arena *a, struct json_object *form, struct json_object *old,
					 const char **err)
{
	struct json_object *files = sent_files(form), *text = json_get(form, "content");

	*err = NULL;
	files = files ? files : old;
	if (json_get(form, "operations"))
		files = skill_files_after(a, files, json_get(form, "operations"), err);
	if (files && text) {
		struct json_object *all = one_file(a, json_str(text));

		for (size_t i = 0; i < json_len(files); i++)
			if (json_item(files, i) != skill_file(files, "SKILL.md"))
				json_object_array_add(all, json_ref(json_item(files, i)));
		files = all;
	}
	return files ? skill_files(a, files, old, err) : NULL;
}

/* Inside a transaction. */
static const char *change_locked(struct arena *a, struct db *db, const char *user_id, const char *all, const char *id,
				 struct json_object *form, struct skill_end *end)
{
	const char *expected = json_text(form, "expected_version_id", NULL), *err;
	struct json_object *files;
	struct rows *rows;

	if (db_run(db, a, &rows, Q_SKILL_LOCK, "skill", id, user_id, all, "write", "ERR_NOT_FOUND",
		   "ERR_UNAUTHORIZED") < 0)
		return failed(a, db, end);
	if (expected && !text_eq(expected, rows_text(rows, 0, 0))) {
		*end = (struct skill_end){ .current = rows_text(rows, 0, 0) };
		return NULL;
	}
	if (sources(form) && !expected)
		return refused(end, "expected_version_id is required for file updates");
	if (sources(form) > 1)
		return refused(end, "Provide data, files, or operations, not more than one");
	files = changed_files(a, form, json_parse_text(a, rows_text(rows, 0, 1)), &err);
	if (!files)
		return refused(end, err);
	set_files(form, files);
	if (db_run(db, a, &rows, Q_SKILL_UPDATE, id, user_id, form_text(a, form)) < 0)
		return failed(a, db, end);
	return rows_text(rows, 0, 0);
}

const char *skill_store_change(struct arena *a, struct db *db, const char *user_id, const char *all, const char *id,
			       struct json_object *form, struct skill_end *end)
{
	const char *json = db_begin(db) ? change_locked(a, db, user_id, all, id, form, end) : failed(a, db, end);

	if (json && db_commit(db))
		return json;
	if (json)
		failed(a, db, end);
	db_rollback(db);
	return NULL;
}
