/* retrieval - /api/v1/retrieval: texts go into collections, and are found there. */

#include "auth/digest.h"
#include "base/env.h"
#include "base/log.h"
#include "base/utf8.h"
#include "event/event.h"
#include "fcgi/request.h"
#include "rag/collection.h"

enum { NAMES_MAX = 100, PREVIEW_BYTES = 300 };

/* May the account read (write) the collection?  False: answered. */
static bool open_to(struct req *r, const char *collection, const char *permission)
{
	bool open = false;

	if (collection_name_valid(collection) && !r->user.is_admin &&
	    !req_db_bool(r, &open, Q_COLLECTION_OPEN, collection, r->user.id, permission,
			 env_bool("ENABLE_RETRIEVAL_UNSCOPED_COLLECTIONS", false) ? "t" : "f"))
		return false;
	if (open || (r->user.is_admin && collection_name_valid(collection)))
		return true;
	req_fail(r, ERR_FORBIDDEN);
	return false;
}

static int fail(struct req *r, int rc, const struct collection_fault *f)
{
	if (rc < 0) {
		log_warn("retrieval", "database=\"%s\"", f->db.message ? f->db.message : "");
		return req_fail(r, ERR_UNAVAILABLE);
	}
	if (f->status == 503)
		log_warn("embedding_failed", "why=\"%s\"", f->why);
	return req_fail_detail(r, f->status, "%s", f->why);
}

static const struct field text_form[] = {
	{ "name", T_STR, F_REQUIRED }, { "content", T_STR, F_REQUIRED }, { "collection_name", T_STR | T_NULL },
	SCHEMA_END
};

/* A text of the body without what no text of PostgreSQL holds. */
static const char *clean(struct req *r, const char *name)
{
	struct json_object *o = json_get(r->body, name);
	struct buf *b = buf_in(r->arena, COLLECTION_TEXT_MAX);

	buf_adds_clean(b, json_object_get_string(o), (size_t)json_object_get_string_len(o));
	return b->full ? NULL : buf_text(b);
}

static void tell(struct req *r, const char *collection, const char *name, const char *text)
{
	struct json_object *data = json_new_object(r->arena);

	json_set_text(data, "name", name);
	json_set_text(data, "content_preview", arena_strndup(r->arena, text, utf8_cut(text, strlen(text), PREVIEW_BYTES)));
	req_event(r, "retrieval.content.processed", collection, data)->subject_type = "retrieval.collection";
}

static int process_text(struct req *r)
{
	const char *collection = json_text(r->body, "collection_name", NULL), *text = clean(r, "content");
	struct json_object *metadata = json_new_object(r->arena), *o = json_new_object(r->arena);
	struct collection_fault fault;
	int rc;

	if (!text)
		return req_fail(r, ERR_TOO_LARGE);
	if (!collection)
		collection = text_digest(r->arena, text);
	else if (!open_to(r, collection, "write"))
		return 0;
	json_set_text(metadata, "name", clean(r, "name"));
	json_set_text(metadata, "created_by", r->user.id);
	req_db_release(r);
	rc = collection_add(r->arena, r->cfg, collection, text, metadata, &fault);
	if (rc <= 0)
		return fail(r, rc, &fault);
	tell(r, collection, json_text(metadata, "name", ""), text);
	json_set_bool(o, "status", true);
	json_set_text(o, "collection_name", collection);
	json_set(o, "content", json_ref(json_get(r->body, "content")));
	return req_send_obj(r, o);
}

#define QUERY                                                                                       \
	{ "query", T_STR, F_REQUIRED }, { "k", T_INT | T_NULL }, { "k_reranker", T_INT | T_NULL },   \
	{ "r", T_FLOAT | T_NULL }, { "hybrid", T_BOOL | T_NULL }, { "hybrid_bm25_weight", T_FLOAT | T_NULL }

static const struct field doc_form[] = { { "collection_name", T_STR, F_REQUIRED }, QUERY, SCHEMA_END };
static const struct field collections_form[] = {
	{ "collection_names", T_LIST, F_REQUIRED, .item = &(const struct field){ "", T_STR } }, QUERY,
	{ "enable_enriched_texts", T_BOOL | T_NULL }, SCHEMA_END
};

/* How many are asked for; false: answered. */
static bool wish(struct req *r, size_t *k)
{
	int64_t n = json_i64(r->body, "k", 0);

	if (config_bool(r->cfg, CK_RAG_ENABLE_HYBRID_SEARCH) && json_flag(r->body, "hybrid", true)) {
		req_fail(r, ERR_NOT_IMPLEMENTED);
		return false;
	}
	if (n <= 0)
		n = config_i64(r->cfg, CK_RAG_TOP_K, 3);
	*k = n < 1 ? 1 : n > VECTOR_HITS_MAX ? VECTOR_HITS_MAX : (size_t)n;
	return true;
}

static int search(struct req *r, const char *const *names, size_t n, bool ids)
{
	struct buf *b = buf_in(r->arena, 0);
	struct collection_fault fault;
	struct vector_hit *hits;
	bool found = false;
	size_t count, k;
	int rc;

	if (!wish(r, &k))
		return 0;
	req_db_release(r);
	rc = collection_search(r->arena, r->cfg, names, n, json_text(r->body, "query", ""), k, &hits, &count, &found,
			       &fault);
	if (rc <= 0)
		return fail(r, rc, &fault);
	if (ids && !found)
		return req_send_null(r);
	hits_json(b, hits, count, 0, ids);
	return req_send_json(r, 200, b->data, b->len);
}

static int query_doc(struct req *r)
{
	const char *name = json_text(r->body, "collection_name", "");

	return open_to(r, name, "read") ? search(r, &name, 1, true) : 0;
}

static int query_collections(struct req *r)
{
	struct json_object *list = json_get(r->body, "collection_names");
	const char *names[NAMES_MAX];
	size_t n = json_len(list);

	if (n > NAMES_MAX)
		return req_fail_detail(r, 400, "At most %d collections can be asked at once.", NAMES_MAX);
	for (size_t i = 0; i < n; i++) {
		names[i] = json_str(json_item(list, i));
		if (!open_to(r, names[i], "read"))
			return 0;
	}
	return search(r, names, n, false);
}

const struct route retrieval_routes[] = {
	{ "POST", "/api/v1/retrieval/process/text", USER, process_text, text_form, .flags = R_STREAM },
	{ "POST", "/api/v1/retrieval/query/doc", USER, query_doc, doc_form, .flags = R_STREAM },
	{ "POST", "/api/v1/retrieval/query/collection", USER, query_collections, collections_form, .flags = R_STREAM },
	ROUTES_END
};
