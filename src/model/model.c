#include "model/model.h"

#include "base/env.h"
#include "base/rand.h"
#include "db/db.h"
#include "model/catalog.h"

enum { ARENA_DEPTH = 4 };

bool model_connection(struct arena *a, const struct config *c, const struct base_model *base,
		      struct connection *out)
{
	uint32_t random;

	if (!base->place_count || !connections_on(c, base->kind))
		return false;
	rand_bytes(&random, sizeof(random));
	return connection_at(a, c, base->kind, (int64_t)base->places[random % base->place_count], out);
}

/* The first of the default models stands in for a base that has gone. */
static const struct catalog_entry *fallback(struct arena *a, const struct config *c,
					    const struct catalog *cat)
{
	struct str rest = str_of(config_text(c, CK_UI_DEFAULT_MODELS));

	while (env_bool("ENABLE_CUSTOM_MODEL_FALLBACK", false) && rest.p) {
		struct str id = str_trim(str_split(&rest, ','));

		if (id.n)
			return catalog_find(cat, arena_strndup(a, id.p, id.n));
	}
	return NULL;
}

static bool in_list(struct json_object *list, const char *id)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_str(json_item(list, i)), id))
			return true;
	return false;
}

/* An arena model stands for one of its models (or of all), drawn at each look-up. */
static const struct catalog_entry *draw(struct arena *a, const struct catalog *cat,
					const struct catalog_entry *e)
{
	struct json_object *meta = json_parse_text(a, e->meta), *ids = json_get(meta, "model_ids");
	bool exclude = strcmp(json_text(meta, "filter_mode", ""), "exclude") == 0;
	const struct catalog_entry **fit = arena_calloc(a, cat->count + 1, sizeof(*fit));
	size_t n = 0;
	uint32_t random;

	for (size_t i = 0; i < cat->count; i++) {
		const struct catalog_entry *m = &cat->entries[i];

		if (!m->arena && (!json_len(ids) || in_list(ids, m->id) != exclude))
			fit[n++] = m;
	}
	rand_bytes(&random, sizeof(random));
	return n ? fit[random % n] : NULL;
}

/* The members of `own` over those of the default params. */
static struct json_object *with_defaults(struct arena *a, const struct config *c, const char *own)
{
	struct json_object *all = config_tree(a, c, CK_MODELS_DEFAULT_PARAMS);
	struct json_object *mine = json_parse_text(a, own);

	if (!json_is(all, json_type_object))
		return mine;
	json_object_object_foreach(mine, key, value) {
		json_set(all, key, json_ref(value));
	}
	return all;
}

/* The connection behind a provider's model, one of several by chance; false when there is none any
 * more. */
static bool fill_connection(struct arena *a, const struct config *c, const struct catalog *cat,
			    const struct catalog_entry *e, struct model *out)
{
	enum connection_kind kind = e->ollama ? CONNECTION_OLLAMA : CONNECTION_OPENAI;
	const struct base_model *base = catalog_base(cat, kind, e->id);

	if (!base || !model_connection(a, c, base, &out->connection))
		return false;
	out->provider_id = connection_strip(&out->connection, arena_strdup(a, e->id));
	out->pipeline = base->pipeline;
	return true;
}

static int fill(struct arena *a, const struct config *c, const struct catalog *cat,
		const struct catalog_access *who, const struct catalog_entry *e, int depth,
		struct model *out)
{
	const struct catalog_entry *base = e->base_id ? catalog_find(cat, e->base_id) : e;
	bool lost = !base;

	if (lost)
		base = fallback(a, c, cat);
	if (!base || (lost ? !catalog_may_see(who, e) || !catalog_may_use(who, cat, base)
			   : !catalog_may_use(who, cat, e)))
		return 0;
	if (base->arena) {
		e = draw(a, cat, base);
		if (!e || depth >= ARENA_DEPTH || fill(a, c, cat, who, e, depth + 1, out) <= 0)
			return 0;
		out->selected_id = e->id;
		return 1;
	}
	out->id = e->id;
	out->name = e->name;
	out->owned_by = base->owned_by;
	out->has_base = e->base_id != NULL;
	out->params = with_defaults(a, c, e->params);
	out->meta = json_parse_text(a, e->meta);
	return fill_connection(a, c, cat, base, out);
}

int model_resolve(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		  const char *id, struct model *out)
{
	const struct catalog *cat;
	const struct catalog_entry *e = catalog_look_up(a, db, c, id, &cat);
	struct catalog_access who;
	struct model m = { 0 };

	if (!cat)
		return -1;
	if (!e)
		return 0;
	if (!catalog_access(a, db, u, &who))
		return -1;
	if (!fill(a, c, cat, &who, e, 0, &m))
		return 0;
	m.id = e->id;
	*out = m;
	return 1;
}

static bool has_place(const struct base_model *base, int64_t place)
{
	for (size_t i = 0; base && i < base->place_count; i++)
		if (base->places[i] == (size_t)place)
			return true;
	return false;
}

static bool may_find(const struct catalog_access *who, const struct catalog *cat,
		     const struct catalog_entry *e)
{
	return who->all || who->user->is_admin || (e && e->has_row && catalog_may_use(who, cat, e));
}

enum model_found model_locate(struct arena *a, struct db *db, const struct config *c, const struct user *u,
			    const char *id, enum connection_kind kind, int64_t place, struct model *out)
{
	const struct catalog *cat;
	const struct catalog_entry *e = catalog_look_up(a, db, c, id, &cat);
	const char *base_id = arena_strdup(a, e && e->base_id ? e->base_id : id);
	struct catalog_access who;
	const struct base_model *base;

	if (!cat || !catalog_access(a, db, u, &who))
		return MODEL_FAILED;
	if (!may_find(&who, cat, e))
		return MODEL_DENIED;
	base = catalog_base(cat, kind, base_id);
	if (place >= 0 && !u->is_admin && !has_place(base, place))
		return MODEL_DENIED;
	memset(out, 0, sizeof(*out));
	out->id = arena_strdup(a, id);
	out->has_base = e && e->base_id;
	out->params = json_parse_text(a, e ? e->params : "{}");
	out->meta = json_parse_text(a, e ? e->meta : "{}");
	out->pipeline = base && base->pipeline;
	if (place >= 0 ? !connection_at(a, c, kind, place, &out->connection)
		       : !base || !model_connection(a, c, base, &out->connection))
		return MODEL_UNKNOWN;
	out->provider_id = connection_strip(&out->connection, base_id);
	return MODEL_FOUND;
}
