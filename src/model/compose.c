#include "model/compose.h"

#include "db/db.h"

/* A list under construction. */
struct work {
	struct arena *scratch;
	const struct config *config;
	struct json_object *items;		/* of the list, in order */
	struct json_object *by_id;		/* the same by id; null for those that a row hides */
	struct json_object *by_short_name;	/* Ollama's by their names without tags */
};

static void add_item(struct work *w, const char *id, struct json_object *item)
{
	json_object_array_add(w->items, json_ref(item));
	json_set(w->by_id, id, json_ref(item));
}

/* A server's description of a model of its own. */
static void fill_base(struct arena *a, struct json_object *item, struct base_model *out)
{
	struct json_object *ollama = json_get(item, "ollama"), *urls = json_get(ollama, "urls");
	size_t *places;

	out->id = arena_strdup(a, json_text(item, "id", ""));
	out->kind = ollama ? CONNECTION_OLLAMA : CONNECTION_OPENAI;
	out->place_count = ollama ? json_len(urls) : 1;
	out->places = places = arena_calloc(a, out->place_count + 1, sizeof(*places));
	for (size_t i = 0; i < out->place_count; i++)
		places[i] = (size_t)json_object_get_int64(ollama ? json_item(urls, i)
								 : json_get(item, "urlIdx"));
	out->pipeline = json_get(item, "pipeline") != NULL;
	out->json = arena_strdup(a, json_print(ollama ? ollama : item));
	out->len = strlen(out->json);
}

/* "llama3" for "llama3:8b": what a row may call an Ollama model too. */
static const char *short_name(struct arena *a, const char *id)
{
	return arena_strndup(a, id, strcspn(id, ":"));
}

static void add_short_name(struct work *w, struct json_object *item)
{
	const char *name = short_name(w->scratch, json_text(item, "id", ""));

	if (json_has(item, "ollama") && !json_has(w->by_short_name, name))
		json_set(w->by_short_name, name, json_ref(item));
}

/* The item that a row's id, or a preset's base, stands for. */
static struct json_object *base_of(struct work *w, const char *id)
{
	struct json_object *item = json_get(w->by_id, id);

	return item ? item : json_get(w->by_short_name, id);
}

static void add_base(struct arena *a, struct work *w, const char *base, struct catalog *out)
{
	struct json_object *list = json_parse_text(w->scratch, base);

	out->base_count = json_len(list);
	out->bases = arena_calloc(a, out->base_count + 1, sizeof(*out->bases));
	for (size_t i = 0; i < out->base_count; i++) {
		fill_base(a, json_item(list, i), &out->bases[i]);
		add_item(w, out->bases[i].id, json_item(list, i));
		add_short_name(w, json_item(list, i));
	}
}

static void add_arena(struct work *w, const char *id, const char *name, struct json_object *meta)
{
	struct json_object *item = json_new_object(w->scratch), *info = json_object_new_object();

	json_set(info, "meta", meta ? json_ref(meta) : json_object_new_object());
	json_set_text(item, "id", id);
	json_set_text(item, "name", name);
	json_set(item, "info", info);
	json_set_text(item, "object", "model");
	json_set_i64(item, "created", 0);
	json_set_text(item, "owned_by", "arena");
	json_set_bool(item, "arena", true);
	add_item(w, id, item);
}

static void add_arenas(struct work *w)
{
	struct json_object *list = config_tree(w->scratch, w->config, CK_EVALUATION_ARENA_MODELS);

	if (!config_bool(w->config, CK_EVALUATION_ARENA_ENABLE) || !json_len(w->items))
		return;
	if (!json_len(list))
		add_arena(w, "arena-model", "Arena Model",
			  json_parse_text(w->scratch, "{\"profile_image_url\":\"/favicon.png\",\"description\":"
					  "\"Submit your questions to anonymous AI chatbots and vote on the best "
					  "response.\",\"model_ids\":null}"));
	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *m = json_item(list, i);

		add_arena(w, json_text(m, "id", ""), json_text(m, "name", ""), json_get(m, "meta"));
	}
}

/* The evaluation settings own these members of an arena model, whatever its row says. */
static void keep_arena(struct json_object *item, struct json_object *meta)
{
	static const char *const keys[] = { "access_grants", "model_ids", "filter_mode" };
	struct json_object *own = json_get(json_get(item, "info"), "meta");

	for (size_t i = 0; json_flag(item, "arena", false) && i < ARRAY_SIZE(keys); i++)
		if (json_has(own, keys[i]))
			json_set(meta, keys[i], json_ref(json_get(own, keys[i])));
}

static void hide(struct work *w, struct json_object *item)
{
	for (size_t i = 0; i < json_len(w->items); i++)
		if (json_item(w->items, i) == item) {
			json_object_array_del_idx(w->items, i, 1);
			return;
		}
}

/* A row without base: name, params and meta of a provider's model. */
static void apply_override(struct work *w, struct json_object *row)
{
	struct json_object *item = base_of(w, json_text(row, "id", ""));

	if (!item)
		return;
	if (!json_flag(row, "is_active", true)) {
		hide(w, item);
		return;
	}
	keep_arena(item, json_get(row, "meta"));
	json_set_text(item, "name", json_text(row, "name", ""));
	json_set(item, "info", json_ref(row));
}

static void copy_member(struct json_object *to, struct json_object *from, const char *key)
{
	if (json_get(from, key))
		json_set(to, key, json_ref(json_get(from, key)));
}

static void add_preset(struct work *w, struct json_object *row)
{
	const char *id = json_text(row, "id", ""), *base_id = json_text(row, "base_model_id", "");
	struct json_object *base = base_of(w, base_id), *item;

	if (json_has(w->by_id, id) || !json_flag(row, "is_active", true))
		return;
	if (!base)
		base = json_get(w->by_short_name, short_name(w->scratch, base_id));
	item = json_new_object(w->scratch);
	json_set_text(item, "id", id);
	json_set_text(item, "name", json_text(row, "name", ""));
	json_set_text(item, "object", "model");
	json_set_i64(item, "created", json_i64(row, "created_at", 0));
	json_set_text(item, "owned_by", base ? json_text(base, "owned_by", "unknown") : "openai");
	json_set_text(item, "connection_type", json_text(base, "connection_type", NULL));
	json_set_bool(item, "preset", true);
	if (!text_empty(json_text(base, "provider", "")))
		copy_member(item, base, "provider");
	copy_member(item, base, "loaded");
	json_set(item, "info", json_ref(row));
	json_object_array_add(w->items, json_ref(item));
}

static void apply_rows(struct work *w, const struct rows *rows)
{
	for (size_t i = 0; i < rows_count(rows); i++) {
		struct json_object *row = json_parse_text(w->scratch, rows_text(rows, i, 0));

		if (json_get(row, "base_model_id"))
			add_preset(w, row);
		else
			apply_override(w, row);
	}
}

/* Defaults of the settings for members of meta that are absent or null; capabilities are merged. */
static void default_meta(struct work *w, struct json_object *item, struct json_object *defaults)
{
	struct json_object *info = json_get(item, "info"), *meta;

	if (!json_is(defaults, json_type_object) || !json_object_object_length(defaults))
		return;
	if (!info) {
		info = json_object_new_object();
		json_set(item, "info", info);
	}
	if (!json_get(info, "meta"))
		json_set(info, "meta", json_object_new_object());
	meta = json_get(info, "meta");
	json_object_object_foreach(defaults, key, value) {
		struct json_object *own = json_get(meta, key);

		if (strcmp(key, "capabilities") == 0) {
			struct json_object *all = json_copy(w->scratch, value);

			if (json_is(own, json_type_object)) {
				json_object_object_foreach(own, name, v) {
					json_set(all, name, json_ref(v));
				}
			}
			json_set(meta, key, json_ref(all));
		} else if (!own) {
			json_set(meta, key, json_ref(json_copy(w->scratch, value)));
		}
	}
}

/* Controls without what they do: the choice and its labels. */
static struct json_object *public_control(struct json_object *control)
{
	static const char *const keys[] = { "label", "description", "default", "display" };
	struct json_object *out = json_object_new_object(), *options = json_object_new_object();
	struct json_object *all = json_get(control, "options");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		copy_member(out, control, keys[i]);
	if (json_is(all, json_type_object)) {
		json_object_object_foreach(all, key, option) {
			struct json_object *o = json_object_new_object();

			copy_member(o, option, "label");
			json_set(options, key, o);
		}
	}
	json_set(out, "options", options);
	return out;
}

/* What every reader of the list may know of the params. */
static struct json_object *public_params(struct json_object *params, struct json_object *threshold)
{
	struct json_object *out = json_object_new_object(), *controls = json_get(params, "model_controls");

	if (threshold)
		json_set(out, "compact_token_threshold", json_ref(threshold));
	if (json_is(controls, json_type_object) && json_object_object_length(controls)) {
		struct json_object *all = json_object_new_object();

		json_object_object_foreach(controls, key, control) {
			json_set(all, key, public_control(control));
		}
		json_set(out, "model_controls", all);
	}
	if (json_has(params, "compact_token_threshold"))
		json_set(out, "compact_token_threshold",
			 json_ref(json_get(params, "compact_token_threshold")));
	return out;
}

static void add_tags(struct json_object *out, struct json_object *seen, struct json_object *tags)
{
	for (size_t i = 0; i < json_len(tags); i++) {
		struct json_object *t = json_item(tags, i), *o;
		const char *text = json_str(t) ? json_str(t) : json_text(t, "name", "");
		struct str name = str_trim(str_of(text));
		char key[256];

		snprintf(key, sizeof(key), "%.*s", (int)name.n, name.n ? name.p : "");
		if (!*key || json_has(seen, key))
			continue;
		json_set_bool(seen, key, true);
		o = json_object_new_object();
		json_set_text(o, "name", key);
		json_object_array_add(out, o);
	}
}

/* The item as readers get it; `info` is replaced by a copy, the whole one was read before. */
static void make_public(struct work *w, struct json_object *item, struct json_object *threshold)
{
	struct json_object *info = json_get(item, "info"), *meta = NULL;
	struct json_object *tags = json_object_new_array(), *seen = json_new_object(w->scratch);

	if (info) {
		info = json_copy(w->scratch, info);
		meta = json_get(info, "meta");
		json_set(item, "info", json_ref(info));
		if (json_is(meta, json_type_object))
			json_del(meta, "profile_image_url");
	}
	if (!info && threshold) {
		info = json_object_new_object();
		json_set(item, "info", info);
	}
	if (json_has(info, "params") || threshold)
		json_set(info, "params", public_params(json_get(info, "params"), threshold));
	add_tags(tags, seen, json_get(meta, "tags"));
	add_tags(tags, seen, json_get(item, "tags"));
	json_set(item, "tags", tags);
	json_set(item, "actions", json_object_new_array());
	json_set(item, "filters", json_object_new_array());
}

static const char *object_text(struct arena *a, struct json_object *o)
{
	return json_is(o, json_type_object) ? arena_strdup(a, json_print(o)) : "{}";
}

static void fill_entry(struct arena *a, struct work *w, struct json_object *item,
		       struct json_object *threshold, struct catalog_entry *e)
{
	struct json_object *info = json_get(item, "info");

	e->id = arena_strdup(a, json_text(item, "id", ""));
	e->name = arena_strdup(a, json_text(item, "name", e->id));
	e->owned_by = arena_strdup(a, json_text(item, "owned_by", ""));
	e->base_id = arena_strdup(a, json_text(info, "base_model_id", NULL));
	e->owner = arena_strdup(a, json_text(info, "user_id", NULL));
	e->has_row = json_has(info, "user_id");
	e->arena = json_flag(item, "arena", false);
	e->listed = strcmp(json_text(json_get(item, "pipeline"), "type", ""), "filter") != 0;
	e->ollama = json_has(item, "ollama");
	e->params = object_text(a, json_get(info, "params"));
	e->meta = object_text(a, json_get(info, "meta"));
	make_public(w, item, threshold);
	e->json = arena_strdup(a, json_print(item));
	e->len = strlen(e->json);
}

static struct json_object *order_places(struct work *w)
{
	struct json_object *list = config_tree(w->scratch, w->config, CK_UI_MODEL_ORDER_LIST);
	struct json_object *places = json_new_object(w->scratch);

	for (size_t i = 0; i < json_len(list); i++)
		if (json_str(json_item(list, i)))
			json_set_i64(places, json_str(json_item(list, i)), (int64_t)i);
	return json_len(list) ? places : NULL;
}

static int compare(const void *x, const void *y, void *places)
{
	const struct catalog_entry *a = x, *b = y;
	int64_t left = json_i64(places, a->id, INT64_MAX), right = json_i64(places, b->id, INT64_MAX);

	if (left != right)
		return left < right ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void make_answers(struct arena *a, const char *base, struct catalog *out)
{
	struct buf *b = buf_in(a, 0);
	bool first = true;

	buf_adds(b, "{\"data\":[");
	for (size_t i = 0; i < out->count; i++) {
		if (!out->entries[i].listed)
			continue;
		if (!first)
			buf_addc(b, ',');
		buf_add(b, out->entries[i].json, out->entries[i].len);
		first = false;
	}
	buf_adds(b, "]}");
	out->all = buf_text(b);
	out->all_len = b->len;
	out->base = arena_printf(a, "{\"data\":%s}", base);
	out->base_len = strlen(out->base);
}

void catalog_compose(struct arena *a, const struct config *c, const char *base, const struct rows *rows,
		     struct catalog *out)
{
	struct work w = { .scratch = arena_new(), .config = c };
	struct json_object *defaults, *threshold, *places;

	w.items = json_new_array(w.scratch);
	w.by_id = json_new_object(w.scratch);
	w.by_short_name = json_new_object(w.scratch);
	add_base(a, &w, base, out);
	add_arenas(&w);
	if (json_len(w.items))
		apply_rows(&w, rows);
	defaults = config_tree(w.scratch, c, CK_MODELS_DEFAULT_METADATA);
	threshold = json_get(config_tree(w.scratch, c, CK_MODELS_DEFAULT_PARAMS), "compact_token_threshold");
	out->count = json_len(w.items);
	out->entries = arena_calloc(a, out->count + 1, sizeof(*out->entries));
	for (size_t i = 0; i < out->count; i++) {
		default_meta(&w, json_item(w.items, i), defaults);
		fill_entry(a, &w, json_item(w.items, i), threshold, &out->entries[i]);
	}
	places = order_places(&w);
	if (places)
		qsort_r(out->entries, out->count, sizeof(*out->entries), compare, places);
	make_answers(a, base, out);
	arena_free(w.scratch);
}
