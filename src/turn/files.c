#include "turn/files.h"

#include "base/env.h"
#include "base/log.h"
#include "chat/message.h"
#include "db/db.h"
#include "rag/embed.h"
#include "rag/vector.h"
#include "turn/messages.h"
#include "turn/prepare.h"
#include "turn/prompt.h"
#include "turn/prompts.h"
#include "turn/task.h"
#include "turn/tell.h"

enum { C_NAME, C_TEXT };

/* One source that is being put together. */
struct source {
	struct turn *t;
	struct json_object *item, *documents, *metadata, *distances;
	size_t *bytes;			/* of all sources so far */
};

static void add_document(struct source *s, const char *text, struct json_object *meta)
{
	size_t n = text ? strlen(text) : 0;

	if (!text || *s->bytes + n > SOURCES_TEXT_MAX)
		return;
	*s->bytes += n;
	json_object_array_add(s->documents, json_object_new_string_len(text, (int)n));
	json_object_array_add(s->metadata, json_ref(meta ? meta : json_new_object(s->t->arena)));
}

static struct json_object *named(struct turn *t, const char *id, const char *name, bool as_source)
{
	struct json_object *meta = json_new_object(t->arena);

	if (id)
		json_set_text(meta, "file_id", id);
	json_set_text(meta, "name", name);
	if (as_source)
		json_set_text(meta, "source", name);
	return meta;
}

/* The texts that stand in the entry itself.  False: there is none. */
static bool add_inline(struct source *s)
{
	struct json_object *file = json_get(s->item, "file"), *docs = json_get(s->item, "docs");
	const char *text = json_text(json_get(file, "data"), "content", NULL);
	const char *name = json_text(s->item, "name", NULL);

	for (size_t i = 0; i < json_len(docs); i++)
		add_document(s, json_text(json_item(docs, i), "content", NULL),
			     json_get(json_item(docs, i), "metadata"));
	if (json_len(docs))
		return true;
	if (!text_empty(text)) {
		bool is_file = text_eq(json_text(s->item, "type", NULL), "file");

		add_document(s, text, is_file ? named(s->t, json_text(s->item, "id", NULL), name, false)
					      : json_get(file, "meta"));
		return true;
	}
	if (!text_eq(json_text(s->item, "type", NULL), "text") || json_text(s->item, "collection_name", NULL))
		return false;
	add_document(s, json_text(s->item, "content", NULL), named(s->t, NULL, name, false));
	return true;
}

/* The texts of something stored that the account may read: rows (name, text). */
static void add_stored(struct source *s, const char *type, const char *id)
{
	struct turn *t = s->t;
	struct db *db = db_get();
	struct rows *rows = NULL;
	bool is_file = text_eq(type, "file") || text_eq(type, "collection");
	int rc = db_run(db, t->arena, &rows, Q_TURN_FILE_TEXTS, type, id, t->user.id, t->user.is_admin ? "t" : "f");

	db_put(db);
	for (size_t i = 0; rc > 0 && i < rows_count(rows); i++)
		add_document(s, rows_text(rows, i, C_TEXT),
			     named(t, id, rows_text(rows, i, C_NAME), is_file));
}

/* The branch that another chat stands at, as text. */
static void add_chat(struct source *s, const char *id)
{
	struct turn *t = s->t;
	struct db *db = db_get();
	struct buf *b = buf_in(t->arena, SOURCES_TEXT_MAX);
	struct json_object *branch;
	struct rows *rows;
	int rc = db_run(db, t->arena, &rows, Q_TURN_CHAT_READ, id, t->user.id,
			t->user.is_admin && env_bool("ENABLE_ADMIN_CHAT_ACCESS", true) ? "t" : "f");

	db_put(db);
	branch = rc > 0 ? message_branch(t->arena, str_of(rows_text(rows, 0, C_TEXT)), NULL) : NULL;
	for (size_t i = 0; i < json_len(branch); i++) {
		struct json_object *m = json_item(branch, i);
		const char *text = messages_text(m);

		buf_printf(b, "#### %s\n%s\n\n", text_eq(json_text(m, "role", NULL), "user") ? "User" : "Assistant",
			   text ? text : "");
	}
	if (json_len(branch))
		add_document(s, buf_text(b), named(t, id, rows_text(rows, 0, C_NAME), false));
}

/* The parts of a collection that are nearest to the queries, best first, each once. */
static void add_nearest(struct source *s, const char *collection, const struct embedding *queries, size_t n)
{
	struct turn *t = s->t;
	size_t limit = (size_t)config_i64(t->cfg, CK_RAG_TOP_K, 3);
	double least = config_f64(t->cfg, CK_RAG_RELEVANCE_THRESHOLD, 0);
	struct json_object *seen = json_new_object(t->arena);

	s->distances = json_object_new_array();
	for (size_t q = 0; q < n; q++) {
		struct vector_hit *hits = NULL;
		struct db *db = db_get();
		size_t found = 0;

		if (vector_store()->search(db, t->arena, collection, queries[q], NULL, limit, &hits, &found) < 0)
			found = 0;
		db_put(db);
		for (size_t i = 0; i < found && json_len(s->documents) < limit; i++) {
			if (hits[i].score < least || json_has(seen, hits[i].id))
				continue;
			json_set_bool(seen, hits[i].id, true);
			add_document(s, hits[i].text, json_parse_text(t->arena, hits[i].metadata));
			json_object_array_add(s->distances, json_object_new_double(hits[i].score));
		}
	}
}

/* Is what a collection is named after readable by the account? */
static bool readable(struct turn *t, const char *type, const char *id)
{
	struct db *db = db_get();
	struct rows *rows;
	int rc = db_run(db, t->arena, &rows, Q_TURN_FILE_READABLE, type, id, t->user.id,
			t->user.is_admin ? "t" : "f");

	db_put(db);
	return rc > 0 && rows_bool(rows, 0, 0);
}

static void add_item(struct source *s, bool full, const struct embedding *queries, size_t n)
{
	const char *type = json_text(s->item, "type", ""), *id = json_text(s->item, "id", NULL);
	bool whole = full || text_eq(json_text(s->item, "context", NULL), "full") ||
		     config_bool(s->t->cfg, CK_RAG_BYPASS_EMBEDDING_AND_RETRIEVAL);
	bool is_file = text_eq(type, "file");

	if ((!is_file || whole) && add_inline(s))
		return;
	if (text_empty(id))
		return;
	if (text_eq(type, "chat"))
		add_chat(s, id);
	else if (text_eq(type, "note") || ((is_file || text_eq(type, "collection")) && (whole || !n)))
		add_stored(s, type, id);
	else if ((is_file || text_eq(type, "collection")) && readable(s->t, type, id))
		add_nearest(s, is_file ? arena_printf(s->t->arena, "file-%s", id) : id, queries, n);
}

/* The entry as the browser shows it beside the answer: without its text. */
static struct json_object *shown(struct turn *t, struct json_object *item)
{
	struct json_object *o = json_new_object(t->arena);

	json_object_object_foreach(item, key, v) {
		if (strcmp(key, "data") != 0 && strcmp(key, "docs") != 0)
			json_set(o, key, json_ref(v));
	}
	return o;
}

static void load_item(struct turn *t, struct json_object *item, bool full, const struct embedding *queries,
		      size_t n, size_t *bytes)
{
	struct source s = { .t = t, .item = item, .documents = json_new_array(t->arena),
			    .metadata = json_new_array(t->arena), .bytes = bytes };
	struct json_object *o;

	add_item(&s, full, queries, n);
	if (!json_len(s.documents)) {
		json_object_put(s.distances);
		return;
	}
	o = json_object_new_object();
	json_set(o, "source", json_ref(shown(t, item)));
	json_set(o, "document", json_ref(s.documents));
	json_set(o, "metadata", json_ref(s.metadata));
	if (s.distances)
		json_set(o, "distances", s.distances);
	json_object_array_add(t->sources, o);
}

/* What to search for: as the task model says, else the question itself. */
static struct json_object *name_queries(struct turn *t)
{
	struct template_input in = { .messages = json_get(t->form, "messages") };
	struct json_object *queries = NULL, *status = json_new_object(t->arena), *o;
	const char *text = NULL;

	if (config_bool(t->cfg, CK_TASK_QUERY_RETRIEVAL_ENABLE))
		text = task_ask(t, TASK_QUERIES, &in);
	o = task_object(t->arena, text);
	queries = json_get(o, "queries");
	if (!json_is(queries, json_type_array)) {
		queries = json_new_array(t->arena);
		if (!text_empty(text) && !o)
			json_object_array_add(queries, json_object_new_string(text));
	}
	json_set(status, "queries", json_ref(queries));
	turn_tell_status(t, "queries_generated", false, status);
	return queries;
}

static size_t embed_queries(struct turn *t, struct json_object *queries, struct embedding *out)
{
	const char *texts[FILES_QUERIES_MAX], *err = NULL;
	size_t n = 0;

	for (size_t i = 0; i < json_len(queries) && n < FILES_QUERIES_MAX; i++)
		if (!text_empty(json_str(json_item(queries, i))))
			texts[n++] = json_str(json_item(queries, i));
	if (!n && (texts[0] = messages_text(messages_last(json_get(t->form, "messages"), "user"))))
		n = 1;
	if (n && embed_texts(t->arena, t->cfg, EMBED_QUERY, texts, n, out, &err) > 0)
		return n;
	if (err)
		log_warn("queries_not_embedded", "error=\"%s\"", err);
	return 0;
}

/* What tells one source from another: where its text came from, else the entry. */
static const char *source_key(struct json_object *source, size_t document)
{
	const char *from = json_text(json_item(json_get(source, "metadata"), document), "source", NULL);

	return from ? from : json_text(json_get(source, "source"), "id", "N/A");
}

static int64_t distinct(struct arena *a, struct json_object *sources)
{
	struct json_object *keys = json_new_object(a);

	for (size_t i = 0; i < json_len(sources); i++)
		for (size_t k = 0; k < json_len(json_get(json_item(sources, i), "document")); k++)
			json_set_bool(keys, source_key(json_item(sources, i), k), true);
	return json_object_object_length(keys);
}

bool files_load(struct turn *t)
{
	struct json_object *files = json_get(t->spec, "files"), *status;
	struct embedding queries[FILES_QUERIES_MAX];
	size_t n = json_len(files) < FILES_MAX ? json_len(files) : FILES_MAX, found = 0, bytes = 0;
	bool full = true;

	for (size_t i = 0; i < n; i++)
		full = full && text_eq(json_text(json_item(files, i), "context", NULL), "full");
	if (!n || !turn_capability(t, "file_context"))
		return true;
	if (!t->sources)	/* tools may have been asked before */
		t->sources = json_new_array(t->arena);
	if (!full)
		found = embed_queries(t, name_queries(t), queries);
	for (size_t i = 0; i < n; i++)
		load_item(t, json_item(files, i), full || config_bool(t->cfg, CK_RAG_FULL_CONTEXT), queries, found,
			  &bytes);
	status = json_new_object(t->arena);
	json_set_i64(status, "count", distinct(t->arena, t->sources));
	turn_tell_status(t, "sources_retrieved", true, status);
	return true;
}

static void add_attribute(struct buf *b, const char *name, const char *value)
{
	if (text_empty(value))
		return;
	buf_printf(b, " %s=\"", name);
	for (; *value; value++) {
		if (*value == '"')
			buf_adds(b, "&quot;");
		else if (*value == '<')
			buf_adds(b, "&lt;");
		else if (*value == '>')
			buf_adds(b, "&gt;");
		else
			buf_addc(b, *value);
	}
	buf_addc(b, '"');
}

const char *files_context(struct arena *a, struct json_object *sources, bool with_text)
{
	struct json_object *numbers = json_new_object(a);
	struct buf *b = buf_in(a, 2 * SOURCES_TEXT_MAX);

	for (size_t i = 0; i < json_len(sources); i++) {
		struct json_object *source = json_item(sources, i), *from = json_get(source, "source");
		const char *type = json_text(from, "type", NULL);

		for (size_t k = 0; k < json_len(json_get(source, "document")); k++) {
			const char *key = source_key(source, k);

			if (!json_has(numbers, key))
				json_set_i64(numbers, key, json_object_object_length(numbers) + 1);
			buf_printf(b, "%s<source id=\"%" PRId64 "\"", b->len ? "\n" : "", json_i64(numbers, key, 0));
			add_attribute(b, "name", json_text(from, "name", NULL));
			add_attribute(b, "resource-type", type);
			if (!text_eq(type, "text"))
				add_attribute(b, "resource-id", json_text(from, "id", NULL));
			buf_printf(b, ">%s</source>", with_text ? json_str(json_item(json_get(source, "document"), k))
								: "");
		}
	}
	return buf_text(b);
}

/* The template with context and question put in, in one pass: texts are never read as placeholders. */
static const char *fill(struct turn *t, const char *context, const char *question)
{
	static const char *const places[] = { "{{CONTEXT}}", "[context]", "{{QUERY}}", "[query]" };
	const char *text = config_text(t->cfg, CK_RAG_TEMPLATE);
	struct buf *b = buf_in(t->arena, 4 * SOURCES_TEXT_MAX);

	/* One that takes no sources is none. */
	text = prompt_resolve(t, strstr(text, places[0]) || strstr(text, places[1]) ? text : prompt_sources);
	while (*text) {
		size_t n = strcspn(text, "{["), i;

		buf_add(b, text, n);
		text += n;
		for (i = 0; *text && i < ARRAY_SIZE(places); i++)
			if (text_starts(text, places[i])) {
				buf_adds(b, i < 2 ? context : question);
				text += strlen(places[i]);
				break;
			}
		if (*text && i == ARRAY_SIZE(places))
			buf_addc(b, *text++);
	}
	return buf_text(b);
}

/* Those that have a name or an id go to the browser, before the answer. */
static void announce(struct turn *t)
{
	struct json_object *list = json_object_new_array(), *o = json_new_object(t->arena);

	for (size_t i = 0; i < json_len(t->sources); i++) {
		struct json_object *from = json_get(json_item(t->sources, i), "source");

		if (json_text(from, "name", NULL) || json_text(from, "id", NULL))
			json_object_array_add(list, json_ref(json_item(t->sources, i)));
	}
	json_set(o, "sources", list);
	t->first_event = json_len(list) ? o : NULL;
}

bool files_apply_sources(struct turn *t)
{
	struct json_object *list = json_get(t->form, "messages");
	const char *question = messages_text(messages_last(list, "user")), *context;

	if (!json_len(t->sources))
		return true;
	announce(t);
	context = files_context(t->arena, t->sources, true);
	if (text_empty(question) || !*context)
		return true;
	context = fill(t, context, question);
	if (env_bool("RAG_SYSTEM_CONTEXT", false))
		messages_add_system(t->arena, list, context, true);
	else
		messages_add_user(t->arena, list, context, false);
	return true;
}
