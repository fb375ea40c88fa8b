#include "rag/external.h"

#include "base/clock.h"
#include "base/rand.h"

static const char *const providers[] = { "qdrant", "milvus", "pgvector" };

struct json_object *external_list(struct arena *a, const struct config *cfg)
{
	struct json_object *stored = json_parse_text(a, config_row(cfg, "external_knowledge.connections"));

	return json_is(stored, json_type_array) ? stored : json_new_array(a);
}

struct json_object *external_find(struct json_object *list, const char *id)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_text(json_item(list, i), "id", NULL), id))
			return json_item(list, i);
	return NULL;
}

static const char *trimmed(struct arena *a, struct json_object *form, const char *name)
{
	return arena_trim(a, json_text(form, name, ""));
}

/* One of the providers, whatever the case; NULL: none. */
static const char *provider_of(struct arena *a, struct json_object *form)
{
	const char *given = trimmed(a, form, "provider");

	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (strcasecmp(given, providers[i]) == 0)
			return providers[i];
	return NULL;
}

/* What of the settings the provider knows. */
static struct json_object *config_of(struct json_object *form, const char *provider)
{
	struct json_object *given = json_get(form, "config"), *out = json_object_new_object();

	if (json_has(given, "timeout"))
		json_set(out, "timeout", json_ref(json_get(given, "timeout")));
	if (strcmp(provider, "milvus") == 0 && json_has(given, "db_name"))
		json_set(out, "db_name", json_ref(json_get(given, "db_name")));
	return out;
}

/* pgvector has its password in the address. */
static struct json_object *auth_of(struct json_object *form, struct json_object *old, const char *provider)
{
	struct json_object *given = json_get(form, "auth_config");

	if (!given)
		given = json_get(old, "auth_config");
	return strcmp(provider, "pgvector") == 0 || !given ? json_object_new_object() : json_ref(given);
}

static struct json_object *capabilities_of(struct json_object *form)
{
	struct json_object *given = json_get(form, "capabilities");

	if (json_is(given, json_type_object) && json_object_object_length(given))
		return json_ref(given);
	given = json_object_new_object();
	json_set_bool(given, "retrieve", true);
	return given;
}

struct json_object *external_made(struct arena *a, struct json_object *form, struct json_object *old,
				  const char *user_id, const char **why)
{
	const char *provider = provider_of(a, form), *name = trimmed(a, form, "name");
	const char *endpoint = trimmed(a, form, "endpoint");
	struct json_object *o = old ? json_copy(a, old) : json_new_object(a);
	char id[UUID_SIZE];

	*why = !provider ? "No provider of external knowledge that we know." :
	       !*name ? "A source of knowledge needs a name." :
	       !*endpoint ? "A source of knowledge needs an endpoint." : NULL;
	if (*why)
		return NULL;
	if (!old) {
		uuid4(id);
		json_set_text(o, "id", id);
	}
	json_set_text(o, "name", name);
	json_set_text(o, "provider", provider);
	json_set_text(o, "endpoint", endpoint);
	json_set(o, "auth_config", auth_of(form, old, provider));
	json_set(o, "config", config_of(form, provider));
	json_set(o, "capabilities", capabilities_of(form));
	if (!old)
		json_set(o, "health", NULL);
	json_set_bool(o, "enabled", json_flag(form, "enabled", true));
	if (!old) {
		json_set_text(o, "created_by", user_id);
		json_set_i64(o, "created_at", time_s());
	}
	json_set_i64(o, "updated_at", time_s());
	return o;
}

struct json_object *external_shown(struct arena *a, struct json_object *connection)
{
	struct json_object *o = json_copy(a, connection), *auth = json_get(o, "auth_config");
	bool configured = json_is(auth, json_type_object) && json_object_object_length(auth);

	json_del(o, "auth_config");
	json_set_bool(o, "auth_configured", configured);
	return o;
}

struct json_object *external_tested(struct json_object *connection)
{
	struct json_object *health = json_object_new_object();

	json_set_bool(health, "ok", json_flag(connection, "enabled", false) &&
				    *json_text(connection, "endpoint", ""));
	json_set_text(health, "provider", json_text(connection, "provider", NULL));
	json_set_i64(health, "checked_at", time_s());
	json_set(connection, "health", health);
	json_set_i64(connection, "updated_at", time_s());
	return health;
}
