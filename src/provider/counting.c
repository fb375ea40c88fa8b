#include "provider/counting.h"

#include <pthread.h>

#include "base/clock.h"

enum { SLOTS = 64 };

/* Addresses that could not count, overwritten in turn. */
static struct {
	pthread_mutex_t lock;
	struct {
		char *url;
		int64_t until;		/* mono_ms() */
	} slot[SLOTS];
	size_t next;
} failed = { .lock = PTHREAD_MUTEX_INITIALIZER };

void anthropic_post(struct arena *a, const struct connection *k, const struct caller *who, const char *path,
		    struct json_object *body, struct http_request *req)
{
	struct headers h;

	upstream_post(a, k, who, arena_printf(a, "%s%s", k->url, path), body, req);
	if (!connection_is_anthropic(k))
		return;
	headers_init(&h, a);
	headers_set_connection(&h, k, who);
	headers_set(&h, "anthropic-version", "2023-06-01");
	if (strcmp(connection_setting(k, "auth_type", "bearer"), "bearer") == 0) {
		headers_drop(&h, "Authorization");
		headers_set(&h, "x-api-key", k->key);
	}
	req->headers = h.list;
}

bool counting_worth(const struct connection *k)
{
	bool worth = true;

	pthread_mutex_lock(&failed.lock);
	for (size_t i = 0; i < SLOTS; i++)
		if (failed.slot[i].url && strcmp(failed.slot[i].url, k->url) == 0 &&
		    failed.slot[i].until > mono_ms())
			worth = false;
	pthread_mutex_unlock(&failed.lock);
	return worth;
}

static void pause_for(const struct connection *k)
{
	pthread_mutex_lock(&failed.lock);
	free(failed.slot[failed.next].url);
	failed.slot[failed.next].url = xstrdup(k->url);
	failed.slot[failed.next].until = mono_ms() + COUNTING_PAUSE_S * 1000;
	failed.next = (failed.next + 1) % SLOTS;
	pthread_mutex_unlock(&failed.lock);
}

int64_t counting_run(struct arena *a, const struct connection *k, const struct http_request *req)
{
	struct http_answer ans;
	int64_t n = -1;

	if (http_run(a, req, &ans) && ans.status / 100 == 2)
		n = json_i64(json_parse_text(a, buf_text(ans.body)), "input_tokens", -1);
	if (n < 0 && ans.end != HTTP_CANCELLED && ans.status != 429 && ans.status != 400)
		pause_for(k);
	return n;
}
