#include "memory/context.h"

#include "base/log.h"
#include "base/utf8.h"
#include "db/db.h"
#include "memory/memory.h"
#include "rag/embed.h"

enum { NEAREST = 8, LIMIT_DEFAULT = 2000, LIMIT_LEAST = 250, SECTION_MAX = 500 };

enum section { S_USER, S_NEAR, S_CONTEXT, SECTIONS };

static const char *const titles[SECTIONS] = { "[User Memory]", "[Memory Neighborhood]", "[Relevant Context]" };

struct lists {
	struct arena *arena;
	struct json_object *seen;	/* ids */
	const char *labels[SECTIONS][SECTION_MAX];
	size_t count[SECTIONS];
};

static void add(struct lists *l, enum section s, const char *id, const char *path, const char *content)
{
	if (text_empty(content) || l->count[s] == SECTION_MAX || (id && json_has(l->seen, id)))
		return;
	if (id)
		json_set_bool(l->seen, id, true);
	l->labels[s][l->count[s]++] = text_empty(path) ? content : arena_printf(l->arena, "%s: %s", path, content);
}

static bool add_rows(struct lists *l, const char *user_id, const char *words)
{
	struct db *db = db_get();
	struct rows *rows;
	struct json_object *o;
	int rc = db_run(db, l->arena, &rows, Q_MEMORY_CONTEXT, user_id, words);

	db_put(db);
	if (rc <= 0)
		return false;
	o = json_parse_text(l->arena, rows_text(rows, 0, 0));
	for (enum section s = S_USER; s <= S_NEAR; s++) {
		struct json_object *list = json_get(o, s == S_USER ? "user" : "near");

		for (size_t i = 0; i < json_len(list); i++) {
			struct json_object *m = json_item(list, i);

			add(l, s, json_text(m, "id", NULL), json_text(m, "path", NULL), json_text(m, "content", NULL));
		}
	}
	return true;
}

/* A stored text begins with its path, which the label says already. */
static const char *without_path(const char *text, const char *path)
{
	size_t n = path ? strlen(path) : 0;

	return n && text_starts(text, path) && text[n] == '\n' ? text + n + 1 : text;
}

static void add_nearest(struct lists *l, const struct config *c, const char *user_id, const char *words)
{
	struct embedding v = { NULL, 0 };
	const char *err = NULL, *json;
	struct json_object *o;
	struct db *db;
	int rc;

	if (embed_texts(l->arena, c, EMBED_QUERY, &words, 1, &v, &err) <= 0) {
		if (err)
			log_info("memory_not_embedded", "error=\"%s\"", err);
		return;
	}
	db = db_get();
	rc = memory_search(db, l->arena, c, user_id, v, NEAREST, &json);
	db_put(db);
	if (rc <= 0)
		return;
	o = json_parse_text(l->arena, json);
	for (size_t i = 0; i < json_len(json_item(json_get(o, "ids"), 0)); i++) {
		struct json_object *meta = json_item(json_item(json_get(o, "metadatas"), 0), i);
		const char *text = json_str(json_item(json_item(json_get(o, "documents"), 0), i));
		const char *path = json_text(meta, "path", NULL);

		add(l, text_eq(json_text(meta, "type", NULL), "user") ? S_USER : S_CONTEXT,
		    json_str(json_item(json_item(json_get(o, "ids"), 0), i)), path,
		    text ? without_path(text, path) : NULL);
	}
}

static int by_text(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int c = strcasecmp(x, y);

	return c ? c : strcmp(x, y);
}

static void write_section(struct lists *l, enum section s, struct buf *b)
{
	if (!l->count[s])
		return;
	qsort(l->labels[s], l->count[s], sizeof(l->labels[s][0]), by_text);
	buf_printf(b, "%s%s", b->len ? "\n\n" : "", titles[s]);
	for (size_t i = 0; i < l->count[s]; i++)
		buf_printf(b, "\n- %s", l->labels[s][i]);
}

/* At most that many characters of what was written (bytes of whole characters). */
static void cut_to(struct buf *b, const struct config *c, enum config_key key)
{
	int64_t most = config_i64(c, key, LIMIT_DEFAULT);

	most = most < LIMIT_LEAST ? LIMIT_LEAST : most;
	if (b->len <= (size_t)most)
		return;
	b->len = utf8_cut(b->data, b->len, (size_t)most);
	b->data[b->len] = '\0';
}

const char *memory_context(struct arena *a, const struct config *c, const char *user_id, const char *words)
{
	struct lists *l = arena_alloc(a, sizeof(*l));
	struct buf *user = buf_in(a, 0), *rest = buf_in(a, 0);

	l->arena = a;
	l->seen = json_new_object(a);
	if (!add_rows(l, user_id, words))
		return NULL;
	add_nearest(l, c, user_id, words);
	write_section(l, S_USER, user);
	write_section(l, S_NEAR, rest);
	write_section(l, S_CONTEXT, rest);
	if (!user->len && !rest->len)
		return NULL;
	cut_to(user, c, CK_MEMORIES_USER_CHAR_LIMIT);
	cut_to(rest, c, CK_MEMORIES_CONTEXT_CHAR_LIMIT);
	return arena_printf(a, "<memory_context>\n%s%s%s\n</memory_context>", buf_text(user),
			    user->len && rest->len ? "\n\n" : "", buf_text(rest));
}
