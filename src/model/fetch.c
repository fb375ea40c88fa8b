#include "model/fetch.h"

#include <openssl/evp.h>

#include "base/log.h"
#include "http/client.h"

enum { LIST_MAX_BYTES = 16 * 1024 * 1024, MAX_HEADERS = 32 };

/* One connection of openai.api_base_urls. */
struct conn {
	size_t index;
	const char *url;
	const char *key;
	struct json_object *settings;
	bool anthropic;
};

struct json_object *connection_settings(struct json_object *configs, size_t index, const char *url)
{
	char place[24];
	struct json_object *found;

	snprintf(place, sizeof(place), "%zu", index);
	found = json_get(configs, place);
	return found ? found : json_get(configs, url);
}

const char *connections_digest(struct arena *a, const struct config *c)
{
	static const enum config_key keys[] = { CK_OPENAI_ENABLE, CK_OPENAI_API_BASE_URLS,
						CK_OPENAI_API_KEYS, CK_OPENAI_API_CONFIGS };
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;
	char *hex;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		buf_adds(b, config_json(c, keys[i]));
		buf_addc(b, '\n');
	}
	EVP_Digest(buf_text(b), b->len, sum, &n, EVP_sha256(), NULL);
	hex = arena_alloc(a, 2 * n + 1);
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return hex;
}

static const char *setting(const struct conn *k, const char *name, const char *def)
{
	return json_text(k->settings, name, def);
}

/* The models that an administrator named himself need no question. */
static struct json_object *named_models(struct arena *a, const struct conn *k)
{
	struct json_object *ids = json_get(k->settings, "model_ids"), *list;

	if (!json_len(ids))
		return NULL;
	list = json_new_array(a);
	for (size_t i = 0; i < json_len(ids); i++) {
		const char *id = json_str(json_item(ids, i));
		struct json_object *m = json_object_new_object(), *own = json_object_new_object();

		if (!id)
			id = "";
		json_set_text(own, "id", id);
		json_set_text(m, "id", id);
		json_set_text(m, "name", id);
		json_set_text(m, "owned_by", "openai");
		json_set(m, "openai", own);
		json_set_i64(m, "urlIdx", (int64_t)k->index);
		json_object_array_add(list, m);
	}
	return list;
}

static const char *const *headers_of(struct arena *a, const struct conn *k)
{
	const char **h = arena_calloc(a, MAX_HEADERS + 4, sizeof(*h));
	const char *auth = setting(k, "auth_type", "bearer");
	struct json_object *more = json_get(k->settings, "headers");
	size_t n = 0;

	if (k->anthropic) {
		h[n++] = arena_printf(a, "x-api-key: %s", k->key);
		h[n++] = "anthropic-version: 2023-06-01";
	} else if (*k->key && strcmp(auth, "bearer") == 0) {
		h[n++] = arena_printf(a, "Authorization: Bearer %s", k->key);
	}
	if (!json_is(more, json_type_object))
		return h;
	json_object_object_foreach(more, name, value) {
		if (n < MAX_HEADERS && json_str(value) && !strpbrk(name, "\r\n:") &&
		    !strpbrk(json_str(value), "\r\n"))
			h[n++] = arena_printf(a, "%s: %s", name, json_str(value));
	}
	return h;
}

static void put_prefix(struct arena *a, struct json_object *m, const char *name, const char *prefix,
		       const char *def)
{
	const char *was = json_text(m, name, def);

	if (was)
		json_set_text(m, name, arena_printf(a, "%s.%s", prefix, was));
}

/* What the connection's settings say about each of its models. */
static void mark_model(struct arena *a, const struct conn *k, struct json_object *m)
{
	const char *prefix = setting(k, "prefix_id", ""), *provider = setting(k, "provider", "");
	const char *type = setting(k, "connection_type", "external");

	if (json_has(m, "name") && !json_get(m, "name"))
		json_del(m, "name");
	if (*prefix) {
		put_prefix(a, m, "id", prefix, json_text(m, "name", ""));
		put_prefix(a, m, "name", prefix, NULL);
	}
	if (json_len(json_get(k->settings, "tags")))
		json_set(m, "tags", json_ref(json_get(k->settings, "tags")));
	if (*type)
		json_set_text(m, "connection_type", type);
	if (*provider)
		json_set_text(m, "provider", provider);
}

static bool any_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

/* Does a local server hold the model in memory?  1, 0, -1 when it does not say. */
static int loaded_state(const struct conn *k, struct json_object *m)
{
	const char *provider = setting(k, "provider", "");
	const char *state = json_text(m, "state", ""), *status = json_text(json_get(m, "status"), "value", "");

	if (strcmp(provider, "lmstudio") == 0) {
		if (json_len(json_get(m, "loaded_instances")) || strcmp(state, "loaded") == 0)
			return 1;
		return strcmp(state, "not-loaded") == 0 ? 0 : -1;
	}
	if (strcmp(provider, "llama.cpp") != 0)
		return -1;
	if (strcmp(status, "loaded") == 0 || strcmp(status, "sleeping") == 0)
		return 1;
	if (*status)
		return strcmp(status, "unloaded") == 0 || strcmp(status, "loading") == 0 ? 0 : -1;
	return json_len(json_get(k->settings, "model_ids")) || json_has(m, "status") ? -1 : 1;
}

static void add_model(struct arena *a, const struct conn *k, struct json_object *m,
		      struct json_object *seen, struct json_object *all)
{
	static const char *const no_chat[] = { "babbage", "dall-e", "davinci", "embedding", "tts",
					       "whisper", NULL };
	struct json_object *out;
	const char *id;
	int loaded;

	mark_model(a, k, m);
	id = json_text(m, "id", "");
	if (!*id)
		id = json_text(m, "name", "");
	if (!*id || json_has(seen, id) || json_len(all) >= FETCH_MAX_MODELS ||
	    (strstr(k->url, "//api.openai.com") && any_of(id, no_chat)))
		return;
	out = json_object_new_object();
	json_object_object_foreach(m, key, value) {
		json_set(out, key, json_ref(value));
	}
	json_set_text(out, "id", id);
	json_set_text(out, "name", json_text(m, "name", id));
	json_set_text(out, "owned_by", "openai");
	json_set(out, "openai", json_ref(m));
	json_set_text(out, "connection_type", json_text(m, "connection_type", "external"));
	json_set_text(out, "provider", json_text(m, "provider", ""));
	json_set_i64(out, "urlIdx", (int64_t)k->index);
	loaded = loaded_state(k, m);
	if (loaded >= 0)
		json_set_bool(out, "loaded", loaded);
	json_set_bool(seen, id, true);
	json_object_array_add(all, out);
}

static void add_list(struct arena *a, const struct conn *k, struct json_object *answer,
		     struct json_object *seen, struct json_object *all)
{
	struct json_object *list = json_is(answer, json_type_array) ? answer : json_get(answer, "data");

	for (size_t i = 0; i < json_len(list); i++)
		if (json_is(json_item(list, i), json_type_object))
			add_model(a, k, json_item(list, i), seen, all);
}

static size_t connections(struct arena *a, const struct config *c, struct conn **out)
{
	struct json_object *urls = config_tree(a, c, CK_OPENAI_API_BASE_URLS);
	struct json_object *keys = config_tree(a, c, CK_OPENAI_API_KEYS);
	struct json_object *configs = config_tree(a, c, CK_OPENAI_API_CONFIGS);
	struct conn *list = arena_calloc(a, json_len(urls) + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; config_bool(c, CK_OPENAI_ENABLE) && i < json_len(urls); i++) {
		const char *url = json_str(json_item(urls, i)), *key = json_str(json_item(keys, i));
		struct json_object *settings = url ? connection_settings(configs, i, url) : NULL;

		if (text_empty(url) || !json_flag(settings, "enable", true))
			continue;
		list[n++] = (struct conn){ i, url, key ? key : "", settings,
					   strstr(url, "//api.anthropic.com") != NULL };
	}
	*out = list;
	return n;
}

struct json_object *models_fetch(struct arena *a, const struct config *c, int64_t timeout_ms,
				 bool *partial)
{
	struct json_object *all = json_new_array(a), *seen = json_new_object(a);
	struct conn *conns;
	size_t n = connections(a, c, &conns), asked = 0;
	struct http_request *reqs = arena_calloc(a, n + 1, sizeof(*reqs));
	struct http_answer *answers = arena_calloc(a, n + 1, sizeof(*answers));
	struct json_object **named = arena_calloc(a, n + 1, sizeof(struct json_object *));

	*partial = false;
	for (size_t i = 0; i < n; i++) {
		named[i] = named_models(a, &conns[i]);
		if (named[i])
			continue;
		reqs[asked++] = (struct http_request){
			.method = "GET",
			.url = arena_printf(a, "%s/models%s", conns[i].url,
					    conns[i].anthropic ? "?limit=1000" : ""),
			.headers = headers_of(a, &conns[i]), .timeout_ms = timeout_ms,
			.cancel_fd = -1, .max_body = LIST_MAX_BYTES,
		};
	}
	if (asked)
		http_run_all(a, reqs, answers, asked, timeout_ms);
	for (size_t i = 0, at = 0; i < n; i++) {
		struct http_answer *ans = named[i] ? NULL : &answers[at++];

		if (!ans) {
			add_list(a, &conns[i], named[i], seen, all);
		} else if (ans->end == HTTP_DONE && ans->status / 100 == 2) {
			add_list(a, &conns[i], json_parse(a, buf_text(ans->body), ans->body->len, NULL),
				 seen, all);
		} else {
			*partial = *partial || ans->end != HTTP_DONE;
			log_warn("model_list", "url=%s status=%d error=\"%s\"", conns[i].url, ans->status,
				 ans->error ? ans->error : "");
		}
	}
	return all;
}
