#include "skill/package.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/map.h"
#include "base/utf8.h"

bool skill_path_fits(const char *path)
{
	struct str rest = str_of(path), part;

	if (text_empty(path) || strpbrk(path, "\\:"))
		return false;
	while (rest.p) {
		part = str_split(&rest, '/');
		if (!part.n || str_eq(part, ".") || str_eq(part, ".."))
			return false;
	}
	return true;
}

struct str skill_file_bytes(struct arena *a, struct json_object *file)
{
	const char *text = json_text(file, "content", "");
	struct str out = { text, strlen(text) };

	if (text_eq(json_text(file, "encoding", NULL), "base64"))
		out.p = base64_decode(a, text, strlen(text), &out.n);
	return out;
}

struct json_object *skill_encode(const char *path, struct str data)
{
	struct json_object *o = json_object_new_object();
	struct buf b = BUF_INIT;

	json_set_text(o, "path", path);
	if (utf8_valid(data.p, data.n) && !memchr(data.p, '\0', data.n)) {
		json_set(o, "content", json_object_new_string_len(data.p, (int)data.n));
		return o;
	}
	base64_encode(&b, data.p, data.n);
	json_set_text(o, "content", buf_text(&b));
	json_set_text(o, "encoding", "base64");
	buf_free(&b);
	return o;
}

struct json_object *skill_file(struct json_object *files, const char *path)
{
	for (size_t i = 0; i < json_len(files); i++)
		if (text_eq(json_text(json_item(files, i), "path", NULL), path))
			return json_item(files, i);
	return NULL;
}

const char *skill_text(struct json_object *files)
{
	return json_text(skill_file(files, "SKILL.md"), "content", "");
}

static int by_path(const void *a, const void *b)
{
	return strcmp(json_text(*(struct json_object *const *)a, "path", ""),
		      json_text(*(struct json_object *const *)b, "path", ""));
}

/* Is a folder of the path a file of the set as well? */
static bool in_file(struct arena *a, struct map *paths, const char *path)
{
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/'))
		if (map_get(paths, arena_strndup(a, path, (size_t)(p - path))))
			return true;
	return false;
}

/* What of the members is kept, and the size. NULL: *err. */
static struct json_object *check_file(struct arena *a, struct json_object *file, struct json_object *old,
				      size_t *size, const char **err)
{
	const char *path = json_text(file, "path", NULL), *encoding = json_text(file, "encoding", NULL);
	struct str bytes = skill_file_bytes(a, file);
	size_t most = old ? skill_file_bytes(a, old).n : 0;
	struct json_object *o;

	if (!json_is(file, json_type_object) || !path || !json_str(json_get(file, "content")))
		*err = "A file needs a path and a content.";
	else if (encoding && !text_eq(encoding, "base64"))
		*err = arena_printf(a, "Unknown encoding of the file %s", path);
	else if (!skill_path_fits(path))
		*err = "Invalid file path: file paths must be relative POSIX paths.";
	else if (!bytes.p)
		*err = arena_printf(a, "The file is not valid base64: %s", path);
	else if (bytes.n > (most > SKILL_FILE_MAX ? most : SKILL_FILE_MAX))
		*err = arena_printf(a, "File exceeds 10 MiB: %s", path);
	if (*err)
		return NULL;
	*size = bytes.n;
	o = json_object_new_object();
	json_set_text(o, "path", path);
	json_set(o, "content", json_ref(json_get(file, "content")));
	if (encoding)
		json_set_text(o, "encoding", encoding);
	return o;
}

static size_t all_bytes(struct arena *a, struct json_object *files)
{
	size_t n = 0;

	for (size_t i = 0; i < json_len(files); i++)
		n += skill_file_bytes(a, json_item(files, i)).n;
	return n;
}

static void check_set(struct arena *a, struct json_object *out, struct map *paths, const char **err)
{
	struct json_object *root = skill_file(out, "SKILL.md");

	for (size_t i = 0; i < json_len(out) && !*err; i++) {
		const char *path = json_text(json_item(out, i), "path", "");

		if (in_file(a, paths, path))
			*err = arena_printf(a, "A file is also used as a directory: %s", path);
	}
	if (!*err && (!root || json_has(root, "encoding")))
		*err = "A skill requires a UTF-8 SKILL.md at its root";
}

struct json_object *skill_files(struct arena *a, struct json_object *files, struct json_object *previous,
				const char **err)
{
	struct json_object *out = json_new_array(a);
	size_t most = json_len(previous), total = 0, size;
	struct map *paths = map_new();

	*err = json_len(files) > (most > SKILL_FILES_MAX ? most : SKILL_FILES_MAX) ? "A skill may contain at most 1000 files" : NULL;
	for (size_t i = 0; i < json_len(files) && !*err; i++) {
		struct json_object *f = json_item(files, i);
		const char *path = json_text(f, "path", "");
		struct json_object *o = check_file(a, f, skill_file(previous, path), &size, err);

		if (o && map_set(paths, path, f))
			*err = arena_printf(a, "Duplicate file: %s", path);
		if (o)
			json_object_array_add(out, o);
		total += o ? size : 0;
	}
	most = *err || total <= SKILL_MAX ? total : all_bytes(a, previous);
	if (!*err && total > most)
		*err = "Skill exceeds 50 MiB";
	if (!*err)
		check_set(a, out, paths, err);
	map_free(paths, NULL);
	json_object_array_sort(out, by_path);
	return *err ? NULL : out;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

/* The files without those at or below `path`, which go into `taken`. */
static struct json_object *without(struct arena *a, struct json_object *files, const char *path,
				   struct json_object **taken)
{
	struct json_object *rest = json_new_array(a);

	*taken = json_new_array(a);
	for (size_t i = 0; i < json_len(files); i++) {
		struct json_object *f = json_item(files, i);

		json_object_array_add(is_below(json_text(f, "path", ""), path) ? *taken : rest, json_ref(f));
	}
	return rest;
}

static struct json_object *move(struct arena *a, struct json_object *rest, struct json_object *taken,
				const char *path, const char *to, const char **err)
{
	if (!skill_path_fits(to))
		*err = "Invalid file path";
	else if (is_below(to, path) && strcmp(to, path) != 0)
		*err = "Cannot move a directory into itself";
	for (size_t i = 0; i < json_len(taken) && !*err; i++) {
		struct json_object *f = json_copy(a, json_item(taken, i));
		const char *name = arena_printf(a, "%s%s", to, json_text(f, "path", "") + strlen(path));

		if (skill_file(rest, name))
			*err = "Move would overwrite an existing file";
		json_set_text(f, "path", name);
		json_object_array_add(rest, json_ref(f));
	}
	return rest;
}

static struct json_object *put(struct arena *a, struct json_object *files, struct json_object *op, const char **err)
{
	const char *path = json_text(op, "path", "");
	struct json_object *rest = json_new_array(a), *f = json_object_new_object();

	if (!json_get(op, "content"))
		*err = "put requires content";
	for (size_t i = 0; i < json_len(files); i++)
		if (!text_eq(json_text(json_item(files, i), "path", NULL), path))
			json_object_array_add(rest, json_ref(json_item(files, i)));
	json_set_text(f, "path", path);
	json_set(f, "content", json_ref(json_get(op, "content")));
	if (json_get(op, "encoding"))
		json_set(f, "encoding", json_ref(json_get(op, "encoding")));
	json_object_array_add(rest, f);
	return rest;
}

struct json_object *skill_files_after(struct arena *a, struct json_object *files,
				      struct json_object *operations, const char **err)
{
	struct json_object *now = files, *taken;

	*err = NULL;
	for (size_t i = 0; i < json_len(operations) && !*err; i++) {
		struct json_object *op = json_item(operations, i);
		const char *kind = json_text(op, "op", ""), *path = json_text(op, "path", "");

		if (!skill_path_fits(path)) {
			*err = "Invalid file path";
		} else if (text_eq(kind, "put")) {
			now = put(a, now, op, err);
		} else if (text_eq(path, "SKILL.md")) {
			*err = "SKILL.md cannot be moved or deleted";
		} else {
			now = without(a, now, path, &taken);
			if (!json_len(taken))
				*err = arena_printf(a, "File or directory not found: %s", path);
			else if (text_eq(kind, "move"))
				now = move(a, now, taken, path, json_text(op, "destination", ""), err);
		}
	}
	return *err ? NULL : skill_files(a, now, files, err);
}

struct json_object *skill_summaries(struct arena *a, struct json_object *files)
{
	struct json_object *out = json_new_array(a);

	for (size_t i = 0; i < json_len(files); i++) {
		struct json_object *f = json_item(files, i), *o = json_object_new_object();

		json_set_text(o, "path", json_text(f, "path", ""));
		json_set_i64(o, "size", (int64_t)skill_file_bytes(a, f).n);
		json_set_text(o, "encoding", json_text(f, "encoding", NULL));
		json_object_array_add(out, o);
	}
	return out;
}
