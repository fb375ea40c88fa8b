#include <sys/stat.h>
#include <zip.h>

#include "base/map.h"
#include "skill/package.h"

struct reading {
	struct skill_import *i;
	zip_t *zip;
	struct json_object *files;
	struct map *seen;
	size_t bytes;
};

static bool fail(struct skill_import *i, const char *why)
{
	i->err = why;
	return false;
}

/* Links, devices: what no skill needs. */
static bool is_special(zip_t *z, zip_uint64_t n)
{
	zip_uint8_t system;
	zip_uint32_t attributes;
	mode_t mode;

	if (zip_file_get_external_attributes(z, n, 0, &system, &attributes) < 0 || system != ZIP_OPSYS_UNIX)
		return false;
	mode = (mode_t)(attributes >> 16) & S_IFMT;
	return mode && mode != S_IFREG && mode != S_IFDIR;
}

/* Where the entry stands beneath the wanted folder; NULL when it is not wanted. */
static const char *wanted(const struct skill_import *i, const char *path)
{
	if (!i->directory)
		return path;
	path = strchr(path, '/');
	return path && strncmp(path + 1, i->directory, strlen(i->directory)) == 0 ? path + 1 : NULL;
}

static bool read_file(struct reading *r, zip_uint64_t n, const zip_stat_t *st, const char *path)
{
	size_t size = (size_t)st->size;
	char *data;
	zip_file_t *f;
	bool whole;

	if (st->size > SKILL_FILE_MAX || (r->bytes += size) > SKILL_IMPORT_MAX ||
	    json_len(r->files) >= SKILL_IMPORT_FILES_MAX)
		return fail(r->i, "Archive exceeds import limits");
	if (st->encryption_method != ZIP_EM_NONE)
		return fail(r->i, "Encrypted skill archives are not supported");
	f = zip_fopen_index(r->zip, n, 0);
	if (!f)
		return fail(r->i, "Skill archive uses an unsupported compression method");
	data = arena_alloc(r->i->arena, size + 1);
	whole = zip_fread(f, data, size) == (zip_int64_t)size;
	zip_fclose(f);
	if (!whole)
		return fail(r->i, "The archive is damaged.");
	json_object_array_add(r->files, skill_encode(path, (struct str){ data, size }));
	return true;
}

static bool read_entry(struct reading *r, zip_uint64_t n)
{
	zip_stat_t st;
	char *name;
	const char *path;
	size_t len;

	if (zip_stat_index(r->zip, n, 0, &st) < 0 || !(st.valid & ZIP_STAT_NAME) || !(st.valid & ZIP_STAT_SIZE))
		return fail(r->i, "The archive is damaged.");
	name = arena_strdup(r->i->arena, st.name);
	len = strlen(name);
	if (len && name[len - 1] == '/')
		name[len - 1] = '\0';
	if (!skill_path_fits(name))
		return fail(r->i, "Invalid file path");
	path = wanted(r->i, name);
	if (is_special(r->zip, n))
		return r->i->discover || fail(r->i, "Archives cannot contain links or special files");
	if (!path || st.name[len ? len - 1 : 0] == '/')
		return true;
	if (map_set(r->seen, path, r))
		return fail(r->i, arena_printf(r->i->arena, "Duplicate archive path: %s", path));
	return read_file(r, n, &st, path);
}

struct json_object *skill_unzip(struct skill_import *i, struct str data)
{
	zip_error_t e;
	zip_source_t *src;
	struct reading r = { i, NULL, json_new_array(i->arena), NULL, 0 };
	zip_int64_t n;

	zip_error_init(&e);
	src = zip_source_buffer_create(data.p, data.n, 0, &e);
	r.zip = src ? zip_open_from_source(src, ZIP_RDONLY, &e) : NULL;
	if (!r.zip) {
		zip_source_free(src);
		zip_error_fini(&e);
		fail(i, "File is not a zip file");
		return NULL;
	}
	r.seen = map_new();
	n = zip_get_num_entries(r.zip, 0);
	for (zip_int64_t k = 0; k < n && !i->err; k++)
		read_entry(&r, (zip_uint64_t)k);
	map_free(r.seen, NULL);
	zip_discard(r.zip);
	zip_error_fini(&e);
	return i->err ? NULL : r.files;
}

static bool is_folder_name(const char *s)
{
	if (text_empty(s) || *s == '-')
		return false;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || (*s == '-' && s[1] && s[1] != '-')))
			return false;
	return true;
}

static bool write_package(struct arena *a, zip_t *z, struct json_object *p, struct map *roots, const char **err)
{
	struct json_object *files = json_get(p, "files");
	const char *root, *described;

	skill_frontmatter(a, skill_text(files), &root, &described);
	if (!is_folder_name(root))
		root = json_text(p, "id", "");
	if (map_set(roots, root, p)) {
		*err = "Selected skills have duplicate export directory names";
		return false;
	}
	for (size_t i = 0; i < json_len(files); i++) {
		struct json_object *f = json_item(files, i);
		struct str data = skill_file_bytes(a, f);
		zip_source_t *src = zip_source_buffer(z, data.p, data.n, 0);
		const char *name = arena_printf(a, "%s/%s", root, json_text(f, "path", ""));

		if (!src || zip_file_add(z, name, src, ZIP_FL_ENC_UTF_8) < 0) {
			zip_source_free(src);
			*err = "The archive could not be written.";
			return false;
		}
	}
	return true;
}

static bool read_back(zip_source_t *src, struct buf *out)
{
	zip_stat_t st;
	bool done = false;

	if (zip_source_stat(src, &st) < 0 || zip_source_open(src) < 0)
		return false;
	if (buf_reserve(out, (size_t)st.size + 1)) {
		done = zip_source_read(src, out->data + out->len, st.size) == (zip_int64_t)st.size;
		out->len += done ? (size_t)st.size : 0;
		out->data[out->len] = '\0';
	}
	zip_source_close(src);
	return done;
}

bool skill_zip(struct arena *a, struct json_object *packages, struct buf *out, const char **err)
{
	zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *z = src ? zip_open_from_source(src, ZIP_TRUNCATE, NULL) : NULL;
	struct map *roots = map_new();
	bool ok = z != NULL;

	*err = NULL;
	if (z)
		zip_source_keep(src);
	for (size_t i = 0; ok && i < json_len(packages); i++)
		ok = write_package(a, z, json_item(packages, i), roots, err);
	map_free(roots, NULL);
	if (ok)
		ok = zip_close(z) == 0 && read_back(src, out);
	else if (z)
		zip_discard(z);
	zip_source_free(src);
	if (!ok && !*err)
		*err = "The archive could not be written.";
	return ok;
}
