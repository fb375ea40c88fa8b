#ifndef OW_SKILL_PACKAGE_H
#define OW_SKILL_PACKAGE_H

/*
 * package - the files of a skill, and skills from and to files.
 *
 * Files are kept in JSON: [{ path, content }], binary ones as { path, content, encoding: "base64" }, sorted
 * by path, SKILL.md always among them.  Paths are relative and never touch a disk.
 *
 * A package as it comes from a file: { id, name, description, meta, files[, is_active] }.
 *
 * Errors: NULL or false, and *err says for people what is wrong.  Trees go with the arena.
 * Source: contract/notes-workspace.md, "Skills".
 */

#include "json/json.h"

enum {
	SKILL_FILE_MAX = 10 * 1024 * 1024,	/* bytes, decoded */
	SKILL_MAX = 50 * 1024 * 1024,
	SKILL_FILES_MAX = 1000,
	SKILL_IMPORT_MAX = 200 * 1024 * 1024,
	SKILL_IMPORT_FILES_MAX = 10000,
};

/* Check files and sort them.  What `previous` (may be NULL) already held may stay as large as it was. */
struct json_object *skill_files(struct arena *a, struct json_object *files, struct json_object *previous,
				const char **err);

/* The files after operations [{ op: "put" | "move" | "delete", path, content, encoding, destination }]. */
struct json_object *skill_files_after(struct arena *a, struct json_object *files,
				      struct json_object *operations, const char **err);

struct json_object *skill_file(struct json_object *files, const char *path);	/* NULL: none */
const char *skill_text(struct json_object *files);				/* of SKILL.md */

/* A file's bytes, with a NUL behind them; p is NULL when they are no base64. */
struct str skill_file_bytes(struct arena *a, struct json_object *file);

/* [{ path, size, encoding }] */
struct json_object *skill_summaries(struct arena *a, struct json_object *files);

/* name and description of the YAML block at the top of a SKILL.md; NULL where there is none. */
void skill_frontmatter(struct arena *a, const char *text, const char **name, const char **description);

/* Uploaded files become packages: skill_import_add() for each, skill_import_end() once. */
struct skill_import {
	struct arena *arena;
	struct json_object *packages;
	struct json_object *folder;	/* files that came with a path */
	size_t bytes, files;
	const char *err;
	bool discover;			/* of an archive take the skills and leave the rest alone */
	const char *directory;		/* …those beneath that folder of the archive's first; NULL: all */
};

void skill_import_start(struct skill_import *i, struct arena *a);
bool skill_import_add(struct skill_import *i, const char *name, struct str data);
/* The packages, NULL: i->err. */
struct json_object *skill_import_end(struct skill_import *i);

/* A zip archive of packages, a folder each. */
bool skill_zip(struct arena *a, struct json_object *packages, struct buf *out, const char **err);

/* src/skill/zip.c: the files of an archive as [{ path, content … }]. */
struct json_object *skill_unzip(struct skill_import *i, struct str data);
struct json_object *skill_encode(const char *path, struct str data);
bool skill_path_fits(const char *path);

#endif
