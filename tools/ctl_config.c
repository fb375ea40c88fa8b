/* owuictl config - the settings of the table `config`, by their dotted names. */

#include "config/config.h"
#include "tools/ctl.h"

static bool is_secret(const char *key)
{
	static const char *const marks[] = { "key", "secret", "password", "token" };
	const char *last = strrchr(key, '.');

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(last ? last : key, marks[i]))
			return true;
	return false;
}

/* All settings; what may be a secret is shown only when it is asked for by its name. */
static int list(const struct config *cfg)
{
	for (int i = 0; i < CK_COUNT; i++) {
		const char *key = config_defs[i].key;

		printf("%s = %s\n", key, is_secret(key) ? "(hidden)" : config_json(cfg, (enum config_key)i));
	}
	return CTL_OK;
}

static int get(const struct config *cfg, const char *key)
{
	const char *value = config_row(cfg, key);

	if (!value)
		return ctl_fail("no setting is called \"%s\" (`owuictl config list` shows all)", key);
	printf("%s\n", value);
	return CTL_OK;
}

static bool fits(const struct config_def *def, struct json_object *v)
{
	switch (def->type) {
	case CT_STRING:
		return json_is(v, json_type_string) || (!v && def->nullable);
	case CT_BOOL:
		return json_is(v, json_type_boolean);
	case CT_INT:
		return json_is(v, json_type_int) || (!v && def->nullable);
	case CT_FLOAT:
		return json_is(v, json_type_double) || json_is(v, json_type_int) || (!v && def->nullable);
	case CT_LIST:
		return json_is(v, json_type_array);
	case CT_OBJECT:
		return json_is(v, json_type_object);
	case CT_JSON:
		return true;
	}
	return false;
}

/* A text need not be quoted: what is not JSON is taken as a string. */
static int set(struct ctl *c, const char *key, const char *text)
{
	static const char *const wants[] = { [CT_STRING] = "a string", [CT_BOOL] = "true or false",
					     [CT_INT] = "a whole number", [CT_FLOAT] = "a number",
					     [CT_LIST] = "a JSON list", [CT_OBJECT] = "a JSON object" };
	struct json_object *v = json_parse(c->arena, text, strlen(text), NULL);
	int k = config_find(key);

	if (k < 0)
		return ctl_fail("no setting is called \"%s\" (`owuictl config list` shows all)", key);
	if ((!v && strcmp(text, "null") != 0) ||
	    (config_defs[k].type == CT_STRING && !json_is(v, json_type_string)))
		v = json_own(c->arena, json_object_new_string(text));
	if (json_is(v, json_type_null))
		v = NULL;
	if (!fits(&config_defs[k], v))
		return ctl_fail("%s takes %s", key, wants[config_defs[k].type]);
	if (config_store_one(c->db, c->arena, (enum config_key)k, v) < 0)
		return ctl_fail("PostgreSQL: %s", db_message(c->db));
	return CTL_OK;
}

int ctl_config(struct ctl *c, int argc, char **argv)
{
	const struct config *cfg;
	int rc = ctl_need_database(c);

	if (rc != CTL_OK)
		return rc;
	config_setup(false);
	cfg = config_get_in(c->arena);
	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return list(cfg);
	if (argc == 2 && strcmp(argv[0], "get") == 0)
		return get(cfg, argv[1]);
	if (argc == 3 && strcmp(argv[0], "set") == 0)
		return set(c, argv[1], argv[2]);
	return CTL_USAGE;
}
