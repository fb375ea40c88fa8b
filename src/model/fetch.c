#include "model/fetch.h"

#include <pthread.h>

#include "base/log.h"
#include "base/map.h"
#include "http/client.h"
#include "provider/headers.h"
#include "provider/listing.h"

enum {
	LIST_MAX_BYTES = 16 * 1024 * 1024,
	SLOW_MS = 300,			/* for one that was slow before */
	PAGES_MAX = 20,			/* of Anthropic's list, 1000 models each */
	MEMORY_MAX = 512,		/* connections that are remembered */
};

/* What a server said to one question. */
struct ask {
	const struct connection *k;
	const char *path;		/* "/models" */
	bool loaded;			/* /api/ps: no harm when it fails */
	bool done;
	const char *text;		/* the answer, NULL: none or failed */
};

struct fetch {
	struct arena *arena;
	struct ask *asks;
	size_t count;
};

/* The last answer of each question, by address, key and settings. */
struct memory {
	char *text;			/* NULL: failed */
	bool slow;
};

static struct {
	pthread_mutex_t lock;
	struct map *map;
} memories = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *memory_key(struct arena *a, const struct ask *q)
{
	return arena_printf(a, "%s%s\n%s\n%s", q->k->url, q->path, q->k->key,
			    q->k->settings ? json_print(q->k->settings) : "");
}

static void memory_free(void *p)
{
	struct memory *m = p;

	free(m->text);
	free(m);
}

/* text NULL with slow: keep what was known. */
static void remember(struct arena *a, const struct ask *q, const char *text, bool slow)
{
	const char *key = memory_key(a, q);
	struct memory *m;

	pthread_mutex_lock(&memories.lock);
	if (memories.map && map_count(memories.map) >= MEMORY_MAX) {
		map_free(memories.map, memory_free);
		memories.map = NULL;
	}
	if (!memories.map)
		memories.map = map_new();
	m = map_get(memories.map, key);
	if (!m) {
		m = xcalloc(1, sizeof(*m));
		map_set(memories.map, key, m);
	}
	m->slow = slow;
	if (text || !slow) {
		free(m->text);
		m->text = text ? xstrdup(text) : NULL;
	}
	pthread_mutex_unlock(&memories.lock);
}

static const char *recall(struct arena *a, const struct ask *q, bool *slow)
{
	const char *key = memory_key(a, q), *text = NULL;
	struct memory *m;

	pthread_mutex_lock(&memories.lock);
	m = memories.map ? map_get(memories.map, key) : NULL;
	*slow = m && m->slow;
	if (m)
		text = arena_strdup(a, m->text);
	pthread_mutex_unlock(&memories.lock);
	return text;
}

static void add(struct fetch *f, const struct connection *k, const char *path, bool loaded)
{
	struct json_object *named = k->kind == CONNECTION_OPENAI ? listing_named(f->arena, k) : NULL;
	struct ask *q = &f->asks[f->count++];

	*q = (struct ask){ .k = k, .path = path, .loaded = loaded, .done = named != NULL };
	if (named)
		q->text = json_print(named);
}

struct fetch *fetch_new(struct arena *a, const struct config *c)
{
	struct fetch *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->asks = arena_calloc(a, 3 * CONNECTIONS_MAX, sizeof(*f->asks));
	for (enum connection_kind kind = CONNECTION_OPENAI; kind <= CONNECTION_OLLAMA; kind++) {
		struct connection *list;
		size_t n = connections_on(c, kind) ? connections_list(a, c, kind, &list) : 0;

		for (size_t i = 0; i < n; i++) {
			if (!connection_enabled(&list[i]))
				continue;
			if (kind == CONNECTION_OPENAI) {
				add(f, &list[i], connection_is_anthropic(&list[i]) ? "/models?limit=1000"
										   : "/models", false);
			} else {
				add(f, &list[i], "/api/tags", false);
				add(f, &list[i], "/api/ps", true);
			}
		}
	}
	return f;
}

static void make_request(struct fetch *f, const struct ask *q, int64_t timeout_ms, struct http_request *req)
{
	static const struct caller nobody;
	struct headers h;

	headers_init(&h, f->arena);
	headers_set_connection(&h, q->k, &nobody);
	if (connection_is_anthropic(q->k)) {
		headers_drop(&h, "Authorization");
		headers_set(&h, "x-api-key", q->k->key);
		headers_set(&h, "anthropic-version", "2023-06-01");
	}
	*req = (struct http_request){
		.method = "GET", .url = arena_printf(f->arena, "%s%s", q->k->url, q->path),
		.headers = h.list, .timeout_ms = timeout_ms, .cancel_fd = -1, .max_body = LIST_MAX_BYTES,
	};
}

/* Anthropic's list comes in pages. */
static const char *further_pages(struct fetch *f, const struct ask *q, struct json_object *page,
				 int64_t timeout_ms)
{
	struct json_object *all = json_get(page, "data");

	for (int i = 0; i < PAGES_MAX && json_flag(page, "has_more", false); i++) {
		struct ask next = *q;
		struct http_request req;
		struct http_answer ans;

		next.path = arena_printf(f->arena, "/models?limit=1000&after_id=%s",
					 json_text(page, "last_id", ""));
		make_request(f, &next, timeout_ms, &req);
		if (!http_run(f->arena, &req, &ans) || ans.status != 200)
			break;
		page = json_parse_text(f->arena, buf_text(ans.body));
		for (size_t n = 0; n < json_len(json_get(page, "data")); n++)
			json_object_array_add(all, json_ref(json_item(json_get(page, "data"), n)));
	}
	return json_print(all);
}

static void take(struct fetch *f, struct ask *q, const struct http_answer *ans, int64_t timeout_ms,
		 bool briefly)
{
	bool answered = ans->end == HTTP_DONE, good = answered && ans->status / 100 == 2;
	bool slow = ans->timed_out;
	struct json_object *tree = NULL;

	q->text = NULL;
	if (good) {
		tree = json_parse(f->arena, buf_text(ans->body), ans->body->len, NULL);
		q->text = tree ? buf_text(ans->body) : NULL;
	}
	if (tree && connection_is_anthropic(q->k) && json_flag(tree, "has_more", false))
		q->text = further_pages(f, q, tree, timeout_ms);
	q->done = !slow || !briefly;
	remember(f->arena, q, q->text, slow && briefly);
	if (!q->done)
		q->text = recall(f->arena, q, &slow);
	if (q->done && !q->text && !q->loaded)
		log_warn("model_list", "url=%s status=%d error=\"%s\"", q->k->url, ans->status,
			 ans->error ? ans->error : "");
}

bool fetch_ask(struct fetch *f, int64_t timeout_ms, bool briefly)
{
	struct http_request *reqs = arena_calloc(f->arena, f->count + 1, sizeof(*reqs));
	struct http_answer *answers = arena_calloc(f->arena, f->count + 1, sizeof(*answers));
	struct ask **open = arena_calloc(f->arena, f->count + 1, sizeof(struct ask *));
	size_t n = 0;
	bool all = true;

	for (size_t i = 0; i < f->count; i++) {
		struct ask *q = &f->asks[i];
		bool slow;

		if (q->done)
			continue;
		recall(f->arena, q, &slow);
		make_request(f, q, briefly && slow ? SLOW_MS : timeout_ms, &reqs[n]);
		open[n++] = q;
	}
	http_run_all(f->arena, reqs, answers, n, timeout_ms);
	for (size_t i = 0; i < n; i++) {
		take(f, open[i], &answers[i], timeout_ms, briefly);
		all = all && open[i]->done;
	}
	return all;
}

struct json_object *fetch_items(struct fetch *f)
{
	struct listing l;

	listing_init(&l, f->arena);
	for (int loaded = 0; loaded < 2; loaded++)
		for (size_t i = 0; i < f->count; i++) {
			const struct ask *q = &f->asks[i];
			struct json_object *answer = q->loaded == loaded ? json_parse_text(f->arena, q->text)
									 : NULL;

			if (answer && q->loaded)
				listing_note_loaded(&l, q->k, answer);
			else if (answer && q->k->kind == CONNECTION_OPENAI)
				listing_add_openai(&l, q->k, answer);
			else if (answer)
				listing_add_ollama(&l, q->k, answer);
		}
	return listing_items(&l);
}
