/* settings_permissions - /api/v1/users/default/permissions: what every account may do. */

#include "access/access.h"
#include "config/seed.h"
#include "fcgi/settings.h"

#define ON "true"
#define OFF "false"
#define P(name, by_default) { name, T_BOOL, .def = by_default }

static const struct field workspace[] = {
	P("models", OFF), P("knowledge", OFF), P("prompts", OFF), P("tools", OFF),
	P("skills", OFF), P("models_import", OFF), P("models_export", OFF),
	P("models_hidden", OFF), P("prompts_import", OFF), P("prompts_export", OFF),
	P("tools_import", OFF), P("tools_export", OFF), P("skills_import", OFF),
	P("skills_export", OFF), SCHEMA_END
};

static const struct field sharing[] = {
	P("models", OFF), P("public_models", OFF), P("knowledge", OFF),
	P("public_knowledge", OFF), P("prompts", OFF), P("public_prompts", OFF),
	P("tools", OFF), P("public_tools", OFF), P("skills", OFF), P("public_skills", OFF),
	P("notes", OFF), P("public_notes", OFF), P("folders", OFF), P("public_chats", OFF),
	P("open_chats", OFF), P("public_calendars", OFF), SCHEMA_END
};

static const struct field access_grants[] = {
	P("allow_users", ON), P("allow_groups", ON), SCHEMA_END
};

static const struct field chat[] = {
	P("controls", ON), P("valves", ON), P("system_prompt", ON), P("params", ON),
	P("file_upload", ON), P("web_upload", ON), P("delete", ON), P("delete_message", ON),
	P("continue_response", ON), P("regenerate_response", ON), P("rate_response", ON),
	P("edit", ON), P("share", ON), P("export", ON), P("import", ON), P("stt", ON),
	P("tts", ON), P("call", ON), P("multiple_models", ON), P("temporary", ON),
	P("temporary_enforced", OFF), SCHEMA_END
};

static const struct field features[] = {
	P("api_keys", OFF), P("notes", ON), P("channels", ON), P("encrypted_channels", OFF),
	P("folders", ON), P("direct_tool_servers", OFF), P("web_search", ON),
	P("image_generation", ON), P("code_interpreter", ON), P("memories", ON),
	P("automations", OFF), P("calendar", ON), P("webhooks", OFF), SCHEMA_END
};

static const struct field settings[] = {
	P("interface", ON), SCHEMA_END
};

#define SECTION(name) { #name, T_MODEL, F_REQUIRED, .sub = name }

static const struct field permissions_form[] = {
	SECTION(workspace), SECTION(sharing), SECTION(access_grants), SECTION(chat),
	SECTION(features), SECTION(settings), SCHEMA_END
};

/* Of a tree what the form knows, with the form's defaults for what it lacks. */
static struct json_object *shaped(struct req *r, struct json_object *tree)
{
	struct json_object *out = json_new_object(r->arena);

	for (const struct field *s = permissions_form; s->name; s++) {
		struct json_object *part = json_object_new_object(), *have = json_get(tree, s->name);

		for (const struct field *f = s->sub; f->name; f++)
			json_set_bool(part, f->name,
				      json_flag(have, f->name, strcmp(f->def, ON) == 0));
		json_set(out, s->name, part);
	}
	return out;
}

static int permissions_get(struct req *r)
{
	struct config_derived tree = access_default_tree(r->cfg);

	return req_send_obj(r, shaped(r, json_parse(r->arena, tree.text, tree.len, NULL)));
}

static int defaults_get(struct req *r)
{
	return req_send_obj(r, shaped(r, config_seed_value(r->arena,
							   &config_defs[CK_USER_PERMISSIONS])));
}

static int permissions_set(struct req *r)
{
	struct json_object *c = json_new_object(r->arena), *tree = shaped(r, r->body);

	json_set(c, "user.permissions", json_ref(tree));
	return settings_store(r, c) ? req_send_obj(r, tree) : 0;
}

const struct route settings_permissions_routes[] = {
	{ "GET", "/api/v1/users/default/permissions", ADMIN, permissions_get },
	{ "POST", "/api/v1/users/default/permissions", ADMIN, permissions_set, permissions_form,
	  .event = "user.permissions_updated config:'user.permissions'" },
	{ "GET", "/api/v1/users/default/permissions/defaults", ADMIN, defaults_get },
	ROUTES_END
};
