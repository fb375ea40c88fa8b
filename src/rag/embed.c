#include "rag/embed.h"

#include "base/env.h"
#include "http/client.h"
#include "json/scan.h"

enum { HEADERS_MAX = 4 };

/* What the engines differ in. */
struct engine {
	const char *name;
	enum config_key url, key;
	const char *list, *member;	/* where the vectors stand in the answer */
};

static const struct engine engines[] = {
	{ "openai", CK_RAG_OPENAI_API_BASE_URL, CK_RAG_OPENAI_API_KEY, "data", "embedding" },
	{ "ollama", CK_RAG_OLLAMA_BASE_URL, CK_RAG_OLLAMA_API_KEY, "embeddings", NULL },
	{ "azure_openai", CK_RAG_AZURE_OPENAI_BASE_URL, CK_RAG_AZURE_OPENAI_API_KEY, "data", "embedding" },
};

/* One call of embed_texts(). */
struct job {
	struct arena *arena;
	const struct config *cfg;
	const struct engine *engine;
	const char *prefix, *prefix_field;	/* NULL: none */
	const char *url;
	const char *headers[HEADERS_MAX];
};

static const struct engine *find_engine(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (strcmp(engines[i].name, name) == 0)
			return &engines[i];
	return NULL;
}

static bool is_azure(const struct job *j)
{
	return strcmp(j->engine->name, "azure_openai") == 0;
}

static const char *make_url(const struct job *j)
{
	const char *base = config_text(j->cfg, j->engine->url);
	struct buf *b = buf_in(j->arena, 0);

	buf_add(b, base, strlen(base) - (str_ends(str_of(base), "/") ? 1 : 0));
	if (is_azure(j)) {
		buf_adds(b, "/openai/deployments/");
		buf_uri(b, config_text(j->cfg, CK_RAG_EMBEDDING_MODEL));
		buf_adds(b, "/embeddings?api-version=");
		buf_uri(b, config_text(j->cfg, CK_RAG_AZURE_OPENAI_API_VERSION));
	} else {
		buf_adds(b, strcmp(j->engine->name, "ollama") == 0 ? "/api/embed" : "/embeddings");
	}
	return buf_text(b);
}

static void make_headers(struct job *j)
{
	const char *key = config_text(j->cfg, j->engine->key);

	j->headers[0] = "Content-Type: application/json";
	if (!*key || strpbrk(key, "\r\n"))
		return;
	j->headers[1] = arena_printf(j->arena, is_azure(j) ? "api-key: %s" : "Authorization: Bearer %s", key);
}

static struct buf *make_body(const struct job *j, const char *const *texts, size_t n)
{
	struct buf *b = buf_in(j->arena, 0);

	buf_adds(b, "{\"input\":[");
	for (size_t i = 0; i < n; i++) {
		const char *text = texts[i];

		if (j->prefix && !j->prefix_field)
			text = arena_printf(j->arena, "%s%s", j->prefix, text);
		buf_adds(b, i ? "," : "");
		buf_json(b, text);
	}
	buf_addc(b, ']');
	if (!is_azure(j)) {
		buf_adds(b, ",\"model\":");
		buf_json(b, config_text(j->cfg, CK_RAG_EMBEDDING_MODEL));
	}
	if (strcmp(j->engine->name, "ollama") == 0)
		buf_adds(b, ",\"truncate\":true");
	if (j->prefix && j->prefix_field) {
		buf_addc(b, ',');
		buf_json(b, j->prefix_field);
		buf_addc(b, ':');
		buf_json(b, j->prefix);
	}
	buf_addc(b, '}');
	return b;
}

/* [1.5, -2e-3, …]; the text behind it is known to be more JSON, so that strtof() stops at its end. */
static bool read_vector(struct arena *a, struct str raw, struct embedding *out)
{
	const char *at = NULL;
	struct str item;
	size_t cap = 0, n = 0;
	float *v = NULL;

	while (json_each_item(raw, &at, &item)) {
		char *end;

		if (n == cap) {
			float *more;

			cap = cap ? cap * 2 : 1536;
			more = arena_calloc(a, cap, sizeof(*more));
			if (n)
				memcpy(more, v, n * sizeof(*v));
			v = more;
		}
		if (n == EMBED_DIMENSIONS_MAX || !item.n || (*item.p != '-' && (*item.p < '0' || *item.p > '9')))
			return false;
		v[n] = strtof(item.p, &end);
		if (end != item.p + item.n || !(v[n] - v[n] == 0))
			return false;	/* no number, or none that is finite */
		n++;
	}
	*out = (struct embedding){ v, n };
	return n > 0;
}

size_t embed_read(struct arena *a, struct str answer, const char *list, const char *member,
		  struct embedding *out, size_t max)
{
	const char *at = NULL;
	struct str items, item, vector;
	size_t n = 0;

	if (!json_find(answer, list, &items))
		return 0;
	while (n < max && json_each_item(items, &at, &item)) {
		vector = item;
		if ((member && !json_find(item, member, &vector)) || !read_vector(a, vector, &out[n]))
			return 0;
		n++;
	}
	return n;
}

static const char *failure(struct arena *a, const struct http_answer *answer)
{
	if (answer->end != HTTP_DONE)
		return arena_printf(a, "The embedding service cannot be reached: %s",
				    answer->error ? answer->error : "no answer");
	return arena_printf(a, "The embedding service refused (status %d)", answer->status);
}

/* A group of requests at once; false: *err. */
static bool run_group(struct job *j, const char *const *texts, size_t n, size_t batch, struct embedding *out,
		      const char **err)
{
	struct http_request reqs[EMBED_PARALLEL] = { 0 };
	struct http_answer answers[EMBED_PARALLEL] = { 0 };
	size_t count = (n + batch - 1) / batch;

	for (size_t i = 0; i < count; i++) {
		size_t from = i * batch, part = n - from < batch ? n - from : batch;
		struct buf *body = make_body(j, texts + from, part);

		reqs[i] = (struct http_request){ .method = "POST", .url = j->url, .headers = j->headers,
			.body = buf_text(body), .body_len = body->len, .timeout_ms = EMBED_TIMEOUT_MS,
			.cancel_fd = -1 };
	}
	http_run_all(j->arena, reqs, answers, count, EMBED_TIMEOUT_MS);
	for (size_t i = 0; i < count; i++) {
		size_t from = i * batch, part = n - from < batch ? n - from : batch;
		struct buf *body = answers[i].body;

		if (answers[i].end != HTTP_DONE || answers[i].status >= 400) {
			*err = failure(j->arena, &answers[i]);
			return false;
		}
		if (embed_read(j->arena, (struct str){ buf_text(body), body->len }, j->engine->list,
			       j->engine->member, out + from, part) != part) {
			*err = "The embedding service gave no vectors";
			return false;
		}
	}
	return true;
}

int embed_texts(struct arena *a, const struct config *c, enum embed_kind kind, const char *const *texts,
		size_t n, struct embedding *out, const char **err)
{
	struct job j = { .arena = a, .cfg = c, .engine = find_engine(config_text(c, CK_RAG_EMBEDDING_ENGINE)) };
	int64_t batch = config_i64(c, CK_RAG_EMBEDDING_BATCH_SIZE, 1);
	size_t group;

	if (!j.engine)
		return 0;
	if (n > EMBED_TEXTS_MAX) {
		*err = "Too many texts at once";
		return -1;
	}
	batch = batch < 1 ? 1 : batch > EMBED_BATCH_MAX ? EMBED_BATCH_MAX : batch;
	group = (size_t)batch * EMBED_PARALLEL;
	j.prefix = env_str(kind == EMBED_QUERY ? "RAG_EMBEDDING_QUERY_PREFIX" : "RAG_EMBEDDING_CONTENT_PREFIX", NULL);
	j.prefix_field = env_str("RAG_EMBEDDING_PREFIX_FIELD_NAME", NULL);
	j.url = make_url(&j);
	make_headers(&j);
	for (size_t i = 0; i < n; i += group)
		if (!run_group(&j, texts + i, n - i < group ? n - i : group, (size_t)batch, out + i, err))
			return -1;
	return 1;
}
