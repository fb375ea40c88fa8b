#include "rag/collection.h"

#include "base/rand.h"
#include "rag/split.h"

static const struct collection_fault fine;

bool collection_name_valid(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return n && n <= COLLECTION_NAME_MAX && !name[n];
}

static int refuse(struct collection_fault *f, int status, const char *why)
{
	*f = (struct collection_fault){ .status = status, .why = why };
	return 0;
}

static int db_failed(struct collection_fault *f, struct arena *a, struct db *db)
{
	f->db = (struct db_failure){ db_error(db), arena_strdup(a, db_message(db)) };
	db_put(db);
	return -1;
}

/* Is there something in the collection? */
static int is_there(struct arena *a, const char *collection, bool *there, struct collection_fault *f)
{
	struct rows *rows;

	if (db_run_alone(a, &rows, &f->db, Q_VECTOR_HAS, collection) < 0)
		return -1;
	*there = rows_bool(rows, 0, 0);
	return 1;
}

static int rules_of(const struct config *c, struct split_rules *r, struct collection_fault *f)
{
	const char *splitter = config_text(c, CK_RAG_TEXT_SPLITTER);

	if (text_eq(splitter, "token") || text_eq(splitter, "token_transformers"))
		return refuse(f, 501, "Texts can be split by characters only on this server.");
	if (*splitter && !text_eq(splitter, "character"))
		return refuse(f, 400, "Invalid text splitter");
	*r = (struct split_rules){
		.headings = config_bool(c, CK_RAG_ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER),
		.size = config_i64(c, CK_RAG_CHUNK_SIZE, 1000), .overlap = config_i64(c, CK_RAG_CHUNK_OVERLAP, 100),
		.at_least = config_i64(c, CK_RAG_CHUNK_MIN_SIZE_TARGET, 0),
	};
	if (r->size <= 0 || r->overlap < 0 || r->overlap > r->size)
		return refuse(f, 400, "The chunk overlap must not be larger than the chunk size, which must not be 0.");
	return 1;
}

/* What the reference's store makes of an object in the metadata. */
static const char *engine_text(struct arena *a, const struct config *c)
{
	return arena_printf(a, "{'engine': '%s', 'model': '%s'}", config_text(c, CK_RAG_EMBEDDING_ENGINE),
			    config_text(c, CK_RAG_EMBEDDING_MODEL));
}

static void metadata_text(struct arena *a, struct json_object *metadata, const struct split_piece *p,
			  const char *engine, const char **out)
{
	struct json_object *o = json_copy(a, metadata);

	json_set_i64(o, "start_index", p->start);
	json_set_text(o, "embedding_config", engine);
	*out = json_print(o);
}

/* One line each: that is what is embedded. */
static const char *one_line(struct arena *a, const char *text)
{
	char *out = arena_strdup(a, text);

	for (char *p = out; *p; p++)
		*p = *p == '\n' ? ' ' : *p;
	return out;
}

static int embed(struct arena *a, const struct config *c, enum embed_kind kind, const char *const *texts, size_t n,
		 struct embedding *out, struct collection_fault *f)
{
	const char *err = NULL;
	int rc = embed_texts(a, c, kind, texts, n, out, &err);

	if (!rc)
		return refuse(f, 503, "No embedding service is set up.");
	return rc > 0 ? 1 : refuse(f, 503, err);
}

int collection_add(struct arena *a, const struct config *c, const char *collection, const char *text,
		   struct json_object *metadata, struct collection_fault *f)
{
	struct split_piece *pieces;
	struct split_rules rules;
	struct vector_item *items;
	struct embedding *vectors;
	const char **texts, *engine = engine_text(a, c);
	struct db *db;
	bool there = false;
	size_t n;

	*f = fine;
	if (rules_of(c, &rules, f) <= 0)
		return 0;
	n = split_text(a, text, &rules, &pieces);
	if (!n)
		return refuse(f, 400, "The content provided is empty. Please ensure that there is text or data present before proceeding.");
	if (is_there(a, collection, &there, f) < 0)
		return -1;
	if (there)
		return 1;
	items = arena_calloc(a, n, sizeof(*items));
	vectors = arena_calloc(a, n, sizeof(*vectors));
	texts = arena_calloc(a, n, sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		texts[i] = one_line(a, pieces[i].text);
	if (embed(a, c, EMBED_CONTENT, texts, n, vectors, f) <= 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char id[UUID_SIZE];

		uuid4(id);
		items[i] = (struct vector_item){ arena_strdup(a, id), pieces[i].text, vectors[i], NULL };
		metadata_text(a, metadata, &pieces[i], engine, &items[i].metadata);
	}
	db = db_get();
	if (vector_store()->put(db, a, collection, items, n) < 0)
		return db_failed(f, a, db);
	db_put(db);
	return 1;
}

static int by_score(const void *x, const void *y)
{
	double a = ((const struct vector_hit *)x)->score, b = ((const struct vector_hit *)y)->score;

	return (a < b) - (a > b);
}

/* Best first, each text once, `k` at most. */
static size_t best(struct vector_hit *hits, size_t n, size_t k)
{
	size_t out = 0;

	qsort(hits, n, sizeof(*hits), by_score);
	for (size_t i = 0; i < n && out < k; i++) {
		bool known = false;

		for (size_t j = 0; j < out && !known; j++)
			known = text_eq(hits[i].text, hits[j].text);
		if (!known)
			hits[out++] = hits[i];
	}
	return out;
}

int collection_search(struct arena *a, const struct config *c, const char *const *collections, size_t n,
		      const char *query, size_t k, struct vector_hit **hits, size_t *count, bool *found,
		      struct collection_fault *f)
{
	struct embedding v = { 0 };
	struct db *db;

	*f = fine;
	*hits = NULL;
	*count = 0;
	if (!n || embed(a, c, EMBED_QUERY, &query, 1, &v, f) <= 0)
		return n ? 0 : 1;
	db = db_get();
	for (size_t i = 0; i < n; i++) {
		struct vector_hit *some, *more;
		size_t got;

		if (vector_store()->search(db, a, collections[i], v, NULL, k, &some, &got) < 0)
			return db_failed(f, a, db);
		more = arena_calloc(a, *count + got + 1, sizeof(*more));
		if (*count)
			memcpy(more, *hits, *count * sizeof(*more));
		if (got)
			memcpy(more + *count, some, got * sizeof(*more));
		*hits = more;
		*count += got;
	}
	db_put(db);
	*found = *count > 0;
	if (n > 1)
		*count = best(*hits, *count, k);
	return 1;
}

/* What of a hit stands in the list of this name. */
static void add_list(struct buf *b, const char *name, const struct vector_hit *hits, size_t n, double at_least)
{
	bool first = true;

	buf_printf(b, "\"%s\":[[", name);
	for (size_t i = 0; i < n; i++) {
		if (hits[i].score < at_least)
			continue;
		buf_adds(b, first ? "" : ",");
		first = false;
		if (*name == 'i')
			buf_json(b, hits[i].id);
		else if (*name == 'm')
			buf_adds(b, hits[i].metadata ? hits[i].metadata : "{}");
		else if (strcmp(name, "documents") == 0)
			buf_json(b, hits[i].text);
		else
			buf_printf(b, "%.17g", hits[i].score);
	}
	buf_adds(b, "]]");
}

void hits_json(struct buf *b, const struct vector_hit *hits, size_t n, double at_least, bool ids)
{
	static const char *const lists[] = { "ids", "documents", "metadatas", "distances" };

	buf_addc(b, '{');
	for (size_t i = ids ? 0 : 1; i < ARRAY_SIZE(lists); i++) {
		add_list(b, lists[i], hits, n, at_least);
		buf_addc(b, i + 1 < ARRAY_SIZE(lists) ? ',' : '}');
	}
}
