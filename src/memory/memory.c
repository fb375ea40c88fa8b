#include "memory/memory.h"

#include "db/db.h"
#include "rag/collection.h"

enum { REINDEX_BATCH = 256 };

static const char *collection_of(struct arena *a, const char *user_id)
{
	return arena_printf(a, "user-memory-%s", user_id);
}

bool memory_path(struct arena *a, const char *given, const char **out)
{
	struct str rest = str_trim(str_of(given ? given : "")), part;
	struct buf *b = buf_in(a, 0);

	while (rest.p) {
		part = str_split(&rest, '/');
		if (!part.n)
			continue;
		if (str_eq(part, ".") || str_eq(part, ".."))
			return false;
		for (size_t i = 0; i < part.n; i++)
			if ((unsigned char)part.p[i] < 32)
				return false;
		if (b->len)
			buf_addc(b, '/');
		buf_addstr(b, part);
	}
	*out = b->len ? buf_text(b) : NULL;
	return true;
}

const char *memory_content(struct arena *a, const char *given)
{
	struct str s = str_trim(str_of(given ? given : ""));

	return s.n ? arena_strndup(a, s.p, s.n) : NULL;
}

const char *memory_text(struct arena *a, const char *path, const char *content)
{
	return path ? arena_printf(a, "%s\n%s", path, content) : content;
}

static const char *check_operation(struct arena *a, struct json_object *op)
{
	const char *action = json_text(op, "action", ""), *path, *content;
	bool adds = strcmp(action, "add") == 0;

	if (!adds && text_empty(json_text(op, "id", NULL)))
		return arena_printf(a, "Memory id is required for %s", action);
	if (strcmp(action, "remove") == 0)
		return NULL;
	if (strcmp(action, "move") != 0) {
		content = memory_content(a, json_text(op, "content", NULL));
		if (!content)
			return "Memory content cannot be empty";
		json_set_text(op, "content", content);
	}
	if (!memory_path(a, json_text(op, "path", NULL), &path))
		return "Invalid memory path";
	json_set_text(op, "path", path);
	if (adds && !json_get(op, "type"))
		json_set_text(op, "type", "context");
	return NULL;
}

const char *memory_check_operations(struct arena *a, struct json_object *list)
{
	const char *fault = NULL;

	if (!json_len(list))
		return "No memory operations provided";
	if (json_len(list) > MEMORY_OPERATIONS_MAX)
		return "Too many memory operations";
	for (size_t i = 0; !fault && i < json_len(list); i++)
		fault = check_operation(a, json_item(list, i));
	return fault;
}

static const char *metadata_of(struct arena *a, struct json_object *row)
{
	struct json_object *o = json_new_object(a);

	for (const char *const *k = (const char *const[]){ "created_at", "updated_at", "type", "path", NULL }; *k; k++)
		if (json_get(row, *k))
			json_set(o, *k, json_ref(json_get(row, *k)));
	return json_print(o);
}

int memory_put_vectors(struct db *db, struct arena *a, const char *user_id, struct json_object *rows,
		       const struct embedding *vectors)
{
	size_t n = json_len(rows);
	struct vector_item *items = arena_calloc(a, n + 1, sizeof(*items));

	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_item(rows, i);

		items[i].id = json_text(row, "id", "");
		items[i].text = memory_text(a, json_text(row, "path", NULL), json_text(row, "content", ""));
		items[i].vector = vectors[i];
		items[i].metadata = metadata_of(a, row);
	}
	return n ? vector_store()->put(db, a, collection_of(a, user_id), items, n) : 1;
}

/* What the operations will have to be embedded: texts[i] for the i-th. */
static bool texts_of(struct arena *a, const char *user_id, struct json_object *ops, const char **texts,
		     struct db_failure *failure)
{
	struct json_object *ids = json_new_array(a), *contents;
	struct rows *rows;

	for (size_t i = 0; i < json_len(ops); i++)
		if (text_eq(json_text(json_item(ops, i), "action", NULL), "move"))
			json_object_array_add(ids, json_ref(json_get(json_item(ops, i), "id")));
	if (db_run_alone(a, &rows, failure, Q_MEMORY_CONTENTS, user_id, json_print(ids)) <= 0)
		return false;
	contents = json_parse_text(a, rows_text(rows, 0, 0));
	for (size_t i = 0; i < json_len(ops); i++) {
		struct json_object *op = json_item(ops, i);
		const char *content = text_eq(json_text(op, "action", NULL), "move")
			? json_text(contents, json_text(op, "id", ""), "") : json_text(op, "content", "");

		texts[i] = memory_text(a, json_text(op, "path", NULL), content);
	}
	return true;
}

static const char *meta_of(struct arena *a, const char *source)
{
	struct json_object *o = json_new_object(a);

	json_set_text(o, "created_by", source);
	json_set(o, "chat_id", NULL);
	json_set(o, "message_id", NULL);
	json_set(o, "model", NULL);
	return json_print(o);
}

/* The operations and the vectors of what they have made, in one transaction; NULL: the database failed. */
static const char *apply(struct arena *a, struct db *db, const char *user_id, struct json_object *ops,
			 const char *source, struct embedding *vectors)
{
	struct json_object *done, *made = json_new_array(a);
	const char *text = json_print(ops);
	struct rows *rows;
	size_t kept = 0;

	text = json_strip_nul(a, text, strlen(text));
	if (!db_begin(db) || db_run(db, a, &rows, Q_MEMORY_APPLY, user_id, text, meta_of(a, source)) <= 0)
		return NULL;
	done = json_parse_text(a, rows_text(rows, 0, 0));
	for (size_t i = 0; i < json_len(ops); i++) {
		const char *status = json_text(json_item(done, i), "status", "");

		if (strcmp(status, "created") != 0 && strcmp(status, "updated") != 0)
			continue;
		vectors[kept++] = vectors[i];
		json_object_array_add(made, json_ref(json_get(json_item(done, i), "memory")));
	}
	if (kept && vectors->n && memory_put_vectors(db, a, user_id, made, vectors) < 0)
		return NULL;
	return db_commit(db) ? rows_text(rows, 0, 0) : NULL;
}

enum memory_end memory_apply(struct arena *a, const struct config *c, const char *user_id,
			     struct json_object *operations, const char *source, const char **json,
			     const char **why, struct db_failure *failure)
{
	size_t n = json_len(operations);
	const char **texts = arena_calloc(a, n + 1, sizeof(*texts));
	struct embedding *vectors = arena_calloc(a, n + 1, sizeof(*vectors));
	struct db *db;

	*why = memory_check_operations(a, operations);
	if (*why)
		return MEMORY_REFUSED;
	if (!texts_of(a, user_id, operations, texts, failure))
		return MEMORY_DB_FAILED;
	if (embed_texts(a, c, EMBED_CONTENT, texts, n, vectors, why) < 0)
		return MEMORY_NO_VECTORS;
	db = db_get();
	*json = apply(a, db, user_id, operations, source, vectors);
	*failure = (struct db_failure){ db_error(db), arena_strdup(a, db_message(db)) };
	db_put(db);
	return *json ? MEMORY_DONE : MEMORY_DB_FAILED;
}

/* Replace the account's vectors by those of `rows`, in one transaction. */
static int replace_with(struct db *db, struct arena *a, const char *user_id, struct json_object *rows,
			const struct embedding *vectors)
{
	size_t n = json_len(rows);

	if (!db_begin(db) || vector_store()->del(db, a, collection_of(a, user_id), NULL) < 0)
		return -1;
	for (size_t i = 0; i < n; i += REINDEX_BATCH) {
		struct json_object *part = json_new_array(a);

		for (size_t k = i; k < n && k < i + REINDEX_BATCH; k++)
			json_object_array_add(part, json_ref(json_item(rows, k)));
		if (memory_put_vectors(db, a, user_id, part, vectors + i) < 0)
			return -1;
	}
	return db_commit(db) ? 1 : -1;
}

static int replace_vectors(struct arena *a, const char *user_id, struct json_object *rows,
			   const struct embedding *vectors)
{
	struct db *db = db_get();
	int rc = replace_with(db, a, user_id, rows, vectors);

	db_put(db);
	return rc;
}

int memory_reindex(struct arena *a, const struct config *c, const char *user_id, size_t *count, const char **err)
{
	struct db *db = db_get();
	struct embedding *vectors;
	struct json_object *list;
	struct rows *rows;
	const char **texts;
	int rc = db_run(db, a, &rows, Q_MEMORY_LIST, user_id);

	db_put(db);
	if (rc < 0)
		return -1;
	list = json_parse_text(a, rows_text(rows, 0, 0));
	*count = json_len(list);
	texts = arena_calloc(a, *count + 1, sizeof(*texts));
	vectors = arena_calloc(a, *count + 1, sizeof(*vectors));
	for (size_t i = 0; i < *count; i++)
		texts[i] = memory_text(a, json_text(json_item(list, i), "path", NULL),
				       json_text(json_item(list, i), "content", ""));
	rc = *count ? embed_texts(a, c, EMBED_CONTENT, texts, *count, vectors, err) : 1;
	if (rc <= 0) {
		*count = 0;
		return rc < 0 ? 0 : 1;	/* no service: there are no vectors to make */
	}
	return replace_vectors(a, user_id, list, vectors);
}

int memory_search(struct db *db, struct arena *a, const struct config *c, const char *user_id,
		  struct embedding v, size_t limit, const char **json)
{
	double at_least = config_f64(c, CK_RAG_RELEVANCE_THRESHOLD, 0);
	struct vector_hit *hits = NULL;
	struct buf *b = buf_in(a, 0);
	size_t n = 0;

	if (v.n && vector_store()->search(db, a, collection_of(a, user_id), v, NULL, limit,
					  &hits, &n) < 0)
		return -1;
	hits_json(b, hits, n, at_least, true);
	*json = buf_text(b);
	return 1;
}
