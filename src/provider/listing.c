#include "provider/listing.h"

#include "base/clock.h"

void listing_init(struct listing *l, struct arena *a)
{
	l->arena = a;
	l->openai = json_new_array(a);
	l->openai_ids = json_new_object(a);
	l->ollama = json_new_object(a);
}

struct json_object *listing_named(struct arena *a, const struct connection *k)
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

static void put_prefix(struct arena *a, struct json_object *m, const char *name, const char *prefix,
		       const char *def)
{
	const char *was = json_text(m, name, def);

	if (!text_empty(was) || def)
		json_set_text(m, name, arena_printf(a, "%s.%s", prefix, was));
}

/* What the connection's settings say about each of its models. */
static void mark_openai(struct arena *a, const struct connection *k, struct json_object *m)
{
	const char *prefix = connection_setting(k, "prefix_id", "");
	const char *provider = connection_setting(k, "provider", "");
	const char *type = connection_setting(k, "connection_type", "external");

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
static int loaded_state(const struct connection *k, struct json_object *m)
{
	const char *provider = connection_setting(k, "provider", "");
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

static struct json_object *openai_item(const struct connection *k, struct json_object *m, const char *id)
{
	struct json_object *out = json_object_new_object();
	int loaded = loaded_state(k, m);

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
	if (loaded >= 0)
		json_set_bool(out, "loaded", loaded);
	return out;
}

static void add_openai(struct listing *l, const struct connection *k, struct json_object *m)
{
	static const char *const no_chat[] = { "babbage", "dall-e", "davinci", "embedding", "tts",
					       "whisper", NULL };
	const char *id;

	mark_openai(l->arena, k, m);
	id = json_text(m, "id", "");
	if (!*id)
		id = json_text(m, "name", "");
	if (!*id || json_has(l->openai_ids, id) || json_len(l->openai) >= LISTING_MAX ||
	    (strstr(k->url, "//api.openai.com") && any_of(id, no_chat)))
		return;
	json_object_array_add(l->openai, openai_item(k, m, id));
	json_set_bool(l->openai_ids, id, true);
}

/* Anthropic describes its models in words of its own. */
static struct json_object *from_anthropic(struct json_object *m)
{
	struct json_object *out = json_object_new_object();

	json_set_text(out, "id", json_text(m, "id", ""));
	json_set_text(out, "object", "model");
	json_set_i64(out, "created", 0);
	json_set_text(out, "owned_by", "anthropic");
	json_set_text(out, "name", json_text(m, "display_name", json_text(m, "id", "")));
	return out;
}

void listing_add_openai(struct listing *l, const struct connection *k, struct json_object *answer)
{
	struct json_object *list = json_is(answer, json_type_array) ? answer : json_get(answer, "data");

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *m = json_item(list, i);

		if (!json_is(m, json_type_object))
			continue;
		if (connection_is_anthropic(k) && json_has(m, "display_name"))
			m = json_own(l->arena, from_anthropic(m));
		add_openai(l, k, m);
	}
}

static bool named(struct json_object *ids, const char *id)
{
	for (size_t i = 0; i < json_len(ids); i++)
		if (text_eq(json_str(json_item(ids, i)), id))
			return true;
	return !json_len(ids);
}

static void mark_ollama(struct arena *a, const struct connection *k, struct json_object *m)
{
	const char *prefix = connection_setting(k, "prefix_id", "");
	const char *type = connection_setting(k, "connection_type", "local");

	if (*prefix) {
		put_prefix(a, m, "model", prefix, "");
		put_prefix(a, m, "name", prefix, NULL);
	}
	if (json_len(json_get(k->settings, "tags")))
		json_set(m, "tags", json_ref(json_get(k->settings, "tags")));
	if (*type)
		json_set_text(m, "connection_type", type);
}

void listing_add_ollama(struct listing *l, const struct connection *k, struct json_object *answer)
{
	struct json_object *list = json_get(answer, "models"), *ids = json_get(k->settings, "model_ids");

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *m = json_item(list, i), *known, *urls;
		const char *id = json_text(m, "model", NULL);

		if (!id || !named(ids, id))
			continue;
		mark_ollama(l->arena, k, m);
		id = json_text(m, "model", "");
		known = json_get(l->ollama, id);
		if (!known && json_object_object_length(l->ollama) >= LISTING_MAX)
			return;
		urls = known ? json_get(known, "urls") : json_object_new_array();
		json_object_array_add(urls, json_object_new_int64((int64_t)k->index));
		if (known)
			continue;
		json_set(m, "urls", urls);
		json_set(l->ollama, id, json_ref(m));
	}
}

void listing_prefix(struct arena *a, const struct connection *k, struct json_object *models)
{
	const char *prefix = connection_setting(k, "prefix_id", "");

	for (size_t i = 0; *prefix && i < json_len(models); i++)
		put_prefix(a, json_item(models, i), "model", prefix, "");
}

void listing_note_loaded(struct listing *l, const struct connection *k, struct json_object *answer)
{
	struct json_object *list = json_get(answer, "models");

	listing_prefix(l->arena, k, list);
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *m = json_item(list, i);
		struct json_object *known = json_get(l->ollama, json_text(m, "model", ""));
		int64_t until;

		if (known && time_parse_iso(json_text(m, "expires_at", ""), &until))
			json_set_i64(known, "expires_at", until);
	}
}

static struct json_object *ollama_item(const char *id, struct json_object *m)
{
	struct json_object *out = json_object_new_object(), *tags = json_get(m, "tags");

	json_set_text(out, "id", id);
	json_set_text(out, "name", json_text(m, "name", id));
	json_set_text(out, "object", "model");
	json_set_i64(out, "created", 0);
	json_set_text(out, "owned_by", "ollama");
	json_set(out, "ollama", json_ref(m));
	json_set_bool(out, "loaded", json_has(m, "expires_at"));
	json_set_text(out, "connection_type", json_text(m, "connection_type", "local"));
	json_set(out, "tags", tags ? json_ref(tags) : json_object_new_array());
	return out;
}

struct json_object *listing_originals(struct listing *l)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < json_len(l->openai); i++)
		json_object_array_add(all, json_ref(json_get(json_item(l->openai, i), "openai")));
	return all;
}

struct json_object *listing_items(struct listing *l)
{
	struct json_object *all = json_new_array(l->arena);

	for (size_t i = 0; i < json_len(l->openai); i++)
		json_object_array_add(all, json_ref(json_item(l->openai, i)));
	json_object_object_foreach(l->ollama, id, m) {
		json_object_array_add(all, ollama_item(id, m));
	}
	return all;
}
