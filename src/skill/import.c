#include "skill/package.h"

#include <ctype.h>
#include <stdlib.h>

void skill_import_start(struct skill_import *i, struct arena *a)
{
	*i = (struct skill_import){ .arena = a, .packages = json_new_array(a), .folder = json_new_array(a) };
}

static bool fail(struct skill_import *i, const char *why)
{
	i->err = why;
	return false;
}

/* "My Skill!" -> "my-skill" */
static const char *make_id(struct arena *a, const char *name)
{
	char *out = arena_alloc(a, strlen(name) + 1), *p = out;

	for (; *name; name++) {
		char c = (char)tolower((unsigned char)*name);

		if (islower((unsigned char)c) || isdigit((unsigned char)c) || c == '_' || c == '-')
			*p++ = c;
		else if (p > out && p[-1] != '-')
			*p++ = '-';
	}
	while (p > out && p[-1] == '-')
		*--p = '\0';
	while (*out == '-')
		out++;
	return *out ? out : "imported-skill";
}

/* Complete and check one package. */
static bool add_package(struct skill_import *i, struct json_object *given)
{
	struct json_object *files = json_get(given, "files"), *o, *one;
	const char *name, *text, *described, *id;

	if (!json_is(given, json_type_object))
		return fail(i, "Each imported skill must be an object");
	if (!json_has(given, "files")) {
		files = json_new_array(i->arena);
		one = json_object_new_object();
		json_set_text(one, "path", "SKILL.md");
		json_set_text(one, "content", json_text(given, "content", ""));
		json_object_array_add(files, one);
	}
	files = skill_files(i->arena, files, NULL, &i->err);
	if (!files)
		return false;
	for (size_t k = 0; k < json_len(files); k++)
		i->bytes += skill_file_bytes(i->arena, json_item(files, k)).n;
	if (i->bytes > SKILL_IMPORT_MAX)
		return fail(i, "Import exceeds 200 MiB decoded");
	skill_frontmatter(i->arena, skill_text(files), &name, &described);
	text = json_text(given, "name", "");
	name = *text ? text : text_empty(name) ? "Imported skill" : name;
	id = json_text(given, "id", "");
	o = json_object_new_object();
	json_set_text(o, "id", *id ? id : make_id(i->arena, name));
	json_set_text(o, "name", name);
	if (json_has(given, "description"))
		json_set(o, "description", json_ref(json_get(given, "description")));
	else
		json_set_text(o, "description", described ? described : "");
	json_set(o, "meta", json_is(json_get(given, "meta"), json_type_object) ? json_ref(json_get(given, "meta"))
										 : json_object_new_object());
	if (json_has(given, "is_active"))
		json_set(o, "is_active", json_ref(json_get(given, "is_active")));
	json_set(o, "files", json_ref(files));
	json_object_array_add(i->packages, o);
	return true;
}

static bool add_json(struct skill_import *i, struct str data)
{
	const char *err;
	struct json_object *o = json_parse(i->arena, data.p, data.n, &err);

	if (err)
		return fail(i, arena_printf(i->arena, "The file is no valid JSON: %s", err));
	if (!json_is(o, json_type_array))
		return add_package(i, o);
	for (size_t k = 0; k < json_len(o); k++)
		if (!add_package(i, json_item(o, k)))
			return false;
	return true;
}

/* The folder of a path that ends with SKILL.md ("" or "a/b/"), NULL for other paths. */
static const char *root_of(struct arena *a, const char *path)
{
	struct str s = str_of(path);

	return str_eq(s, "SKILL.md") || str_ends(s, "/SKILL.md") ? arena_strndup(a, path, s.n - 8) : NULL;
}

static bool begins(const char *path, const char *root)
{
	return strncmp(path, root, strlen(root)) == 0;
}

/* Is another skill's folder around this one? */
static bool is_nested(struct arena *a, struct json_object *files, const char *root)
{
	for (size_t i = 0; i < json_len(files); i++) {
		const char *other = root_of(a, json_text(json_item(files, i), "path", ""));

		if (other && strcmp(other, root) != 0 && begins(root, other))
			return true;
	}
	return false;
}

static bool add_root(struct skill_import *i, struct json_object *files, const char *root)
{
	struct json_object *package = json_new_object(i->arena), *mine = json_object_new_array();

	for (size_t k = 0; k < json_len(files); k++) {
		const char *path = json_text(json_item(files, k), "path", "");
		struct json_object *f;

		if (!begins(path, root))
			continue;
		f = json_copy(i->arena, json_item(files, k));
		json_set_text(f, "path", arena_strdup(i->arena, path + strlen(root)));
		json_object_array_add(mine, json_ref(f));
	}
	json_set(package, "files", mine);
	return add_package(i, package);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(json_text(*(struct json_object *const *)a, "path", ""),
		      json_text(*(struct json_object *const *)b, "path", ""));
}

/* Every folder with a SKILL.md is a skill; in `strict` order nothing else may lie about. */
static bool add_folders(struct skill_import *i, struct json_object *files, bool strict, const char *none)
{
	size_t covered = 0, found = 0;

	json_object_array_sort(files, by_path);
	for (size_t k = 0; k < json_len(files); k++) {
		const char *root = root_of(i->arena, json_text(json_item(files, k), "path", ""));

		if (!root || is_nested(i->arena, files, root))
			continue;
		found++;
		for (size_t m = 0; m < json_len(files); m++)
			covered += begins(json_text(json_item(files, m), "path", ""), root);
		if (!add_root(i, files, root))
			return false;
	}
	if (!found)
		return fail(i, none);
	return !strict || covered == json_len(files) || fail(i, "Files outside skill directories");
}

static bool ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n >= m && strcasecmp(name + n - m, suffix) == 0;
}

bool skill_import_add(struct skill_import *i, const char *name, struct str data)
{
	struct json_object *files;

	if (++i->files > SKILL_IMPORT_FILES_MAX)
		return fail(i, "Too many uploaded files");
	if (data.n > SKILL_IMPORT_MAX)
		return fail(i, "Import exceeds 200 MiB");
	if (strchr(name, '/')) {
		if (!skill_path_fits(name))
			return fail(i, "Invalid file path");
		json_object_array_add(i->folder, skill_encode(name, data));
		return true;
	}
	if (ends(name, ".json"))
		return add_json(i, data);
	if (ends(name, ".zip") || ends(name, ".skill")) {
		files = skill_unzip(i, data);
		return files && add_folders(i, files, !i->discover, "Archive contains no SKILL.md");
	}
	if (!ends(name, ".md"))
		return fail(i, "Use JSON, ZIP, .skill, or Markdown");
	files = json_new_array(i->arena);
	json_object_array_add(files, skill_encode("SKILL.md", data));
	return add_root(i, files, "");
}

struct json_object *skill_import_end(struct skill_import *i)
{
	if (!i->err && json_len(i->folder))
		add_folders(i, i->folder, true, "Select a folder containing one or more non-nested skills");
	return i->err ? NULL : i->packages;
}
