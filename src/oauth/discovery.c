#include "oauth/discovery.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "http/client.h"

struct document {
	char *text;
	int64_t at;		/* mono_ms() of the fetch */
};

static struct {
	pthread_mutex_t lock;
	struct map *by_url;
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void free_document(void *p)
{
	struct document *d = p;

	free(d->text);
	free(d);
}

void discovery_forget(void)
{
	pthread_mutex_lock(&kept.lock);
	map_free(kept.by_url, free_document);
	kept.by_url = NULL;
	pthread_mutex_unlock(&kept.lock);
}

struct json_object *discovery_recall(struct arena *a, const char *url, int64_t max_age_ms)
{
	struct document *d;
	char *text = NULL;

	pthread_mutex_lock(&kept.lock);
	d = kept.by_url ? map_get(kept.by_url, url) : NULL;
	if (d && mono_ms() - d->at < max_age_ms)
		text = arena_strdup(a, d->text);
	pthread_mutex_unlock(&kept.lock);
	return json_parse_text(a, text);
}

void discovery_keep(const char *url, const char *text)
{
	struct document *d = xcalloc(1, sizeof(*d)), *old;

	d->text = xstrdup(text);
	d->at = mono_ms();
	pthread_mutex_lock(&kept.lock);
	if (kept.by_url && map_count(kept.by_url) >= DOCUMENTS_MAX && !map_get(kept.by_url, url)) {
		map_free(kept.by_url, free_document);
		kept.by_url = NULL;
	}
	if (!kept.by_url)
		kept.by_url = map_new();
	old = map_set(kept.by_url, url, d);
	pthread_mutex_unlock(&kept.lock);
	if (old)
		free_document(old);
}

static struct json_object *fetch(struct arena *a, const char *url, int64_t timeout_ms, const char **text)
{
	static const char *const headers[] = { "Accept: application/json", NULL };
	struct http_request req = { .method = "GET", .url = url, .headers = headers, .cancel_fd = -1,
				    .timeout_ms = timeout_ms, .max_body = DOCUMENT_MAX_BYTES };
	struct http_answer ans;
	struct json_object *o = NULL;

	if (http_run(a, &req, &ans) && ans.status == 200)
		o = json_parse(a, buf_text(ans.body), ans.body->len, NULL);
	if (!json_is(o, json_type_object)) {
		log_warn("oauth_document", "url=%s status=%d error=\"%s\"", url, ans.status,
			 ans.end == HTTP_TOO_LARGE ? "too large" : ans.error ? ans.error : "no JSON object");
		return NULL;
	}
	*text = buf_text(ans.body);
	return o;
}

struct json_object *discovery_fetch(struct arena *a, const char *url, int64_t timeout_ms)
{
	const char *text;

	return fetch(a, url, timeout_ms, &text);
}

struct json_object *discovery_metadata(struct arena *a, const char *url, int64_t timeout_ms)
{
	struct json_object *o = discovery_recall(a, url, DOCUMENT_AGE_MS);
	const char *text;

	if (o)
		return o;
	o = fetch(a, url, timeout_ms, &text);
	if (!o)
		return discovery_recall(a, url, INT64_MAX);
	discovery_keep(url, text);
	return o;
}

struct json_object *discovery_keys(struct arena *a, const char *url, int64_t max_age_ms,
				   int64_t timeout_ms)
{
	struct json_object *o = discovery_recall(a, url, max_age_ms);
	const char *text;

	if (o)
		return o;
	o = fetch(a, url, timeout_ms, &text);
	if (o)
		discovery_keep(url, text);
	return o;
}
