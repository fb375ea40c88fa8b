#include "config/seed.h"
#include "base/env.h"

/* Lists whose variable has a name of its own for one entry, and the entry when both are absent. */
static const struct {
	enum config_key key;
	const char *env;
	const char *def;
} single[] = {
	{ CK_OPENAI_API_BASE_URLS, "OPENAI_API_BASE_URL", "https://api.openai.com/v1" },
	{ CK_OPENAI_API_KEYS, "OPENAI_API_KEY", "" },
	{ CK_OLLAMA_BASE_URLS, "OLLAMA_BASE_URL", "http://localhost:11434" },
};

static const char *from_environment(const struct config_def *def)
{
	for (size_t i = 0; i < ARRAY_SIZE(def->env) && def->env[i]; i++) {
		const char *v = getenv(def->env[i]);

		if (v)
			return v;
	}
	return NULL;
}

static struct json_object *split_list(const char *text, char sep, bool keep_empty)
{
	struct json_object *list = json_object_new_array();
	struct str rest = str_of(text);

	do {
		struct str item = str_trim(str_split(&rest, sep));

		if (item.n || keep_empty)
			json_object_array_add(list, json_object_new_string_len(item.p ? item.p : "",
									       (int)item.n));
	} while (rest.p);
	return list;
}

/* The connections: base URLs and keys, separated by semicolons, places kept. */
static struct json_object *connection_list(enum config_key key, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(single); i++) {
		if (single[i].key != key)
			continue;
		if (text_empty(text))
			text = env_str(single[i].env, single[i].def);
		if (text_empty(text))
			text = single[i].def;
		return split_list(text, ';', true);
	}
	return NULL;
}

static struct json_object *parse_list(struct arena *a, const char *text)
{
	struct json_object *v = json_parse_text(a, text);

	if (json_is(v, json_type_array))
		return json_ref(v);
	return split_list(text, ',', false);
}

static struct json_object *parse_number(const char *text, bool whole)
{
	int64_t i;
	double f;

	if (text_to_i64(text, INT64_MIN, INT64_MAX, &i))
		return whole ? json_object_new_int64(i) : json_object_new_double((double)i);
	if (!whole && text_to_double(text, &f))
		return json_object_new_double(f);
	return NULL;
}

static struct json_object *parse_json(struct arena *a, const char *text)
{
	struct json_object *v = json_parse_text(a, text);

	return json_is(v, json_type_null) ? NULL : json_ref(v);
}

/* The variable's text as the key's type; NULL: it does not fit. */
static struct json_object *from_text(struct arena *a, const struct config_def *def, const char *text)
{
	switch (def->type) {
	case CT_STRING:
		return def->nullable && !*text ? NULL : json_object_new_string(text);
	case CT_BOOL:
		return json_object_new_boolean(strcasecmp(text, "true") == 0);
	case CT_INT:
		return parse_number(text, true);
	case CT_FLOAT:
		return parse_number(text, false);
	case CT_LIST:
		return *text ? parse_list(a, text) : NULL;
	case CT_OBJECT:
	case CT_JSON:
		return parse_json(a, text);
	}
	return NULL;
}

static void set_permission(struct json_object *tree, const char *path, bool on)
{
	struct str rest = str_of(path), part = str_split(&rest, '.');
	char branch[64], leaf[64];
	struct json_object *o;

	snprintf(branch, sizeof(branch), "%.*s", (int)part.n, part.p);
	snprintf(leaf, sizeof(leaf), "%.*s", (int)rest.n, rest.p);
	o = json_get(tree, branch);
	if (o)
		json_set_bool(o, leaf, on);
}

static void permissions_from_environment(struct json_object *tree)
{
	for (const struct config_permission *p = config_permissions; p->path; p++)
		if (getenv(p->env))
			set_permission(tree, p->path, env_bool(p->env, false));
}

struct json_object *config_seed_value(struct arena *a, const struct config_def *def)
{
	enum config_key key = (enum config_key)(def - config_defs);
	const char *text = from_environment(def);
	struct json_object *v = connection_list(key, text);

	if (v)
		return json_own(a, v);
	if (text)
		v = json_own(a, from_text(a, def, text));
	if (!v)
		v = json_parse_text(a, def->def);
	if (key == CK_USER_PERMISSIONS)
		permissions_from_environment(v);
	return v;
}

bool config_is_persisted(const struct config_def *def)
{
	return !def->oauth_only || env_bool("ENABLE_OAUTH_PERSISTENT_CONFIG", false);
}

struct json_object *config_seed_all(struct arena *a)
{
	struct json_object *all = json_new_object(a);

	for (int i = 0; i < CK_COUNT; i++) {
		struct json_object *v;

		if (!config_is_persisted(&config_defs[i]))
			continue;
		v = config_seed_value(a, &config_defs[i]);
		json_set(all, config_defs[i].key, json_is(v, json_type_null) ? NULL : json_ref(v));
	}
	return all;
}
