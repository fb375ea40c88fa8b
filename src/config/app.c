#include "config/app.h"

#include "base/env.h"
#include "base/str.h"

/* A member of the answer: a setting, a switch of the environment, or an environment's text. */
struct member {
	const char *name;
	enum { FROM_KEY, FROM_SWITCH, FROM_TEXT, FROM_ENGINE } from;
	enum config_key key;
	const char *env, *needs[2];	/* a switch also needs these switches */
	bool def;
};

#define KEY(name, key)		{ name, FROM_KEY, key }
#define SWITCH(name, env, def)	{ name, FROM_SWITCH, CK_COUNT, env, { NULL, NULL }, def }
#define TEXT(name, env)		{ name, FROM_TEXT, CK_COUNT, env }
#define ENGINE(name, key)	{ name, FROM_ENGINE, key }
#define END			{ NULL }

static const struct member public_features[] = {
	SWITCH("slim", "USE_SLIM_DOCKER", false),
	SWITCH("auth", "WEBUI_AUTH", true),
	SWITCH("enable_signup_password_confirmation", "ENABLE_SIGNUP_PASSWORD_CONFIRMATION", false),
	KEY("enable_ldap", CK_LDAP_ENABLE),
	KEY("enable_signup", CK_UI_ENABLE_SIGNUP),
	KEY("enable_login_form", CK_UI_ENABLE_LOGIN_FORM),
	SWITCH("enable_websocket", "ENABLE_WEBSOCKET_SUPPORT", true),
	END
};

static const struct member features[] = {
	KEY("enable_api_keys", CK_AUTH_ENABLE_API_KEYS),
	KEY("enable_password_change_form", CK_UI_ENABLE_PASSWORD_CHANGE_FORM),
	SWITCH("enable_pyodide_file_persistence", "ENABLE_PYODIDE_FILE_PERSISTENCE", false),
	SWITCH("enable_public_active_users_count", "ENABLE_PUBLIC_ACTIVE_USERS_COUNT", true),
	SWITCH("enable_easter_eggs", "ENABLE_EASTER_EGGS", true),
	KEY("enable_direct_connections", CK_DIRECT_ENABLE),
	SWITCH("enable_plugins", "ENABLE_PLUGINS", true),
	{ "enable_tools", FROM_SWITCH, CK_COUNT, "ENABLE_TOOLS", { "ENABLE_PLUGINS" }, true },
	{ "enable_functions", FROM_SWITCH, CK_COUNT, "ENABLE_FUNCTIONS", { "ENABLE_PLUGINS" }, true },
	{ "enable_tool_servers", FROM_SWITCH, CK_COUNT, "ENABLE_TOOL_SERVERS", { "ENABLE_PLUGINS" },
	  true },
	KEY("enable_folders", CK_FOLDERS_ENABLE),
	KEY("folder_max_file_count", CK_FOLDERS_MAX_FILE_COUNT),
	KEY("enable_channels", CK_CHANNELS_ENABLE),
	KEY("enable_encrypted_channels", CK_CHANNELS_ENCRYPTION_ENABLE),
	KEY("enable_apps", CK_APPS_ENABLE),
	KEY("enable_calendar", CK_CALENDAR_ENABLE),
	KEY("enable_automations", CK_AUTOMATIONS_ENABLE),
	KEY("enable_notes", CK_NOTES_ENABLE),
	KEY("enable_context_compaction", CK_CHAT_CONTEXT_COMPACTION_ENABLE),
	KEY("enable_tool_permissions", CK_CHAT_TOOL_PERMISSIONS_ENABLE),
	KEY("enable_web_search", CK_WEB_SEARCH_ENABLE),
	KEY("enable_web_search_confirmation", CK_WEB_SEARCH_CONFIRMATION_ENABLE),
	KEY("web_search_confirmation_content", CK_WEB_SEARCH_CONFIRMATION_CONTENT),
	KEY("enable_code_execution", CK_CODE_EXECUTION_ENABLE),
	KEY("enable_code_interpreter", CK_CODE_INTERPRETER_ENABLE),
	KEY("enable_image_generation", CK_IMAGE_GENERATION_ENABLE),
	KEY("enable_autocomplete_generation", CK_TASK_AUTOCOMPLETE_ENABLE),
	KEY("enable_title_generation", CK_TASK_TITLE_ENABLE),
	KEY("enable_follow_up_generation", CK_TASK_FOLLOW_UP_ENABLE),
	KEY("enable_tags_generation", CK_TASK_TAGS_ENABLE),
	KEY("enable_community_sharing", CK_UI_ENABLE_COMMUNITY_SHARING),
	KEY("enable_message_rating", CK_UI_ENABLE_MESSAGE_RATING),
	KEY("enable_user_webhooks", CK_UI_ENABLE_USER_WEBHOOKS),
	KEY("enable_user_status", CK_USERS_ENABLE_STATUS),
	SWITCH("enable_admin_export", "ENABLE_ADMIN_EXPORT", true),
	SWITCH("enable_admin_chat_access", "ENABLE_ADMIN_CHAT_ACCESS", true),
	SWITCH("enable_admin_analytics", "ENABLE_ADMIN_ANALYTICS", true),
	KEY("enable_google_drive_integration", CK_GOOGLE_DRIVE_ENABLE),
	KEY("enable_onedrive_integration", CK_ONEDRIVE_ENABLE),
	KEY("enable_memories", CK_MEMORIES_ENABLE),
	KEY("enable_subagents", CK_SUBAGENTS_ENABLE),
	END
};

static const struct member code[] = {
	ENGINE("engine", CK_CODE_EXECUTION_ENGINE),
	ENGINE("interpreter_engine", CK_CODE_INTERPRETER_ENGINE),
	END
};
static const struct member realtime[] = {
	KEY("enabled", CK_AUDIO_REALTIME_ENABLED), KEY("model", CK_AUDIO_REALTIME_MODEL),
	KEY("voice", CK_AUDIO_REALTIME_VOICE), END
};
static const struct member tts[] = {
	KEY("engine", CK_AUDIO_TTS_ENGINE), KEY("voice", CK_AUDIO_TTS_VOICE),
	KEY("split_on", CK_AUDIO_TTS_SPLIT_ON), END
};
static const struct member stt[] = { KEY("engine", CK_AUDIO_STT_ENGINE), END };
static const struct member file[] = {
	KEY("max_size", CK_RAG_FILE_MAX_SIZE), KEY("max_count", CK_RAG_FILE_MAX_COUNT), END
};
static const struct member compression[] = {
	KEY("width", CK_FILE_IMAGE_COMPRESSION_WIDTH), KEY("height", CK_FILE_IMAGE_COMPRESSION_HEIGHT),
	END
};
static const struct member google_drive[] = {
	TEXT("client_id", "GOOGLE_DRIVE_CLIENT_ID"), TEXT("api_key", "GOOGLE_DRIVE_API_KEY"), END
};
static const struct member overlay[] = {
	KEY("pending_user_overlay_title", CK_UI_PENDING_USER_OVERLAY_TITLE),
	KEY("pending_user_overlay_content", CK_UI_PENDING_USER_OVERLAY_CONTENT), END
};
static const struct member ui[] = {
	KEY("default_interface_settings", CK_UI_DEFAULT_INTERFACE_SETTINGS),
	KEY("visibility", CK_UI_VISIBILITY),
	KEY("pending_user_overlay_title", CK_UI_PENDING_USER_OVERLAY_TITLE),
	KEY("pending_user_overlay_content", CK_UI_PENDING_USER_OVERLAY_CONTENT),
	KEY("response_watermark", CK_UI_WATERMARK),
	TEXT("iframe_csp", "IFRAME_CSP"), END
};
static const struct member top[] = {
	KEY("default_pinned_models", CK_UI_DEFAULT_PINNED_MODELS),
	KEY("default_prompt_suggestions", CK_UI_PROMPT_SUGGESTIONS),
	KEY("default_prompt_suggestions_i18n", CK_UI_PROMPT_SUGGESTIONS_I18N), END
};

static const char *bool_text(bool b)
{
	return b ? "true" : "false";
}

static void add_name(struct buf *b, const char *name)
{
	if (b->data[b->len - 1] != '{')
		buf_addc(b, ',');
	buf_printf(b, "\"%s\":", name);
}

/* The web interface runs code on the server for "jupyter" only; our own engine is the same to it. */
static void add_engine(struct buf *b, const struct config *c, enum config_key key)
{
	if (text_eq(config_text(c, key), "sandbox"))
		buf_adds(b, "\"jupyter\"");
	else
		buf_adds(b, config_json(c, key));
}

static void add_members(struct buf *b, const struct config *c, const struct member *m)
{
	for (; m->name; m++) {
		add_name(b, m->name);
		if (m->from == FROM_KEY)
			buf_adds(b, config_json(c, m->key));
		else if (m->from == FROM_ENGINE)
			add_engine(b, c, m->key);
		else if (m->from == FROM_TEXT)
			buf_json(b, env_str(m->env, ""));
		else
			buf_adds(b, bool_text(env_bool(m->env, m->def) &&
					      (!m->needs[0] || env_bool(m->needs[0], true))));
	}
}

static void add_object(struct buf *b, const struct config *c, const char *name,
		       const struct member *members)
{
	add_name(b, name);
	buf_addc(b, '{');
	add_members(b, c, members);
	buf_addc(b, '}');
}

const char *config_app_name(void)
{
	static _Thread_local char shown[256];
	const char *name = env_str("WEBUI_NAME", "Open WebUI");

	if (strcmp(name, "Open WebUI") == 0)
		return name;
	snprintf(shown, sizeof(shown), "%s (Open WebUI)", name);
	return shown;
}

static bool given(const struct config *c, enum config_key key)
{
	return *config_text(c, key);
}

/* The sign-in buttons: providers whose credentials are complete. */
static void add_providers(struct buf *b, const struct config *c)
{
	static const struct {
		const char *name;
		enum config_key id, secret;
	} known[] = {
		{ "google", CK_OAUTH_GOOGLE_CLIENT_ID, CK_OAUTH_GOOGLE_CLIENT_SECRET },
		{ "microsoft", CK_OAUTH_MICROSOFT_CLIENT_ID, CK_OAUTH_MICROSOFT_CLIENT_SECRET },
		{ "github", CK_OAUTH_GITHUB_CLIENT_ID, CK_OAUTH_GITHUB_CLIENT_SECRET },
		{ "feishu", CK_OAUTH_FEISHU_CLIENT_ID, CK_OAUTH_FEISHU_CLIENT_SECRET },
	};

	if (!config_bool(c, CK_OAUTH_ENABLE))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!given(c, known[i].id) || !given(c, known[i].secret) ||
		    (known[i].id == CK_OAUTH_MICROSOFT_CLIENT_ID &&
		     !given(c, CK_OAUTH_MICROSOFT_TENANT_ID)))
			continue;
		add_name(b, known[i].name);
		buf_json(b, known[i].name);
	}
	if (given(c, CK_OAUTH_CLIENT_ID) && given(c, CK_OAUTH_PROVIDER_URL) &&
	    (given(c, CK_OAUTH_CLIENT_SECRET) || given(c, CK_OAUTH_CODE_CHALLENGE_METHOD))) {
		add_name(b, "oidc");
		buf_adds(b, config_json(c, CK_OAUTH_PROVIDER_NAME));
	}
}

static bool any_terminal_server(const struct config *c)
{
	struct arena *a = arena_new();
	struct json_object *list = config_tree(a, c, CK_TERMINAL_SERVER_CONNECTIONS);
	bool any = false;

	for (size_t i = 0; i < json_len(list); i++)
		any |= json_flag(json_item(list, i), "enabled", true);
	arena_free(a);
	return any;
}

static void add_user_features(struct buf *b, const struct config *c)
{
	bool servers = env_bool("ENABLE_PLUGINS", true) && env_bool("ENABLE_TOOL_SERVERS", true);
	const char *shared = env_str("ONEDRIVE_CLIENT_ID", "");

	add_members(b, c, features);
	add_name(b, "enable_version_update_check");
	buf_adds(b, bool_text(env_bool("ENABLE_VERSION_UPDATE_CHECK", true) &&
			      !env_bool("OFFLINE_MODE", false)));
	add_name(b, "enable_direct_integrations");
	buf_adds(b, bool_text(servers && config_bool(c, CK_DIRECT_INTEGRATIONS_ENABLE)));
	add_name(b, "enable_terminal_servers");
	buf_adds(b, bool_text(servers && any_terminal_server(c)));
	if (!config_bool(c, CK_ONEDRIVE_ENABLE))
		return;
	add_name(b, "enable_onedrive_personal");
	buf_adds(b, bool_text(env_bool("ENABLE_ONEDRIVE_PERSONAL", true) &&
			      *env_str("ONEDRIVE_CLIENT_ID_PERSONAL", shared)));
	add_name(b, "enable_onedrive_business");
	buf_adds(b, bool_text(env_bool("ENABLE_ONEDRIVE_BUSINESS", true) &&
			      *env_str("ONEDRIVE_CLIENT_ID_BUSINESS", shared)));
}

static void add_onedrive(struct buf *b)
{
	const char *shared = env_str("ONEDRIVE_CLIENT_ID", "");

	buf_adds(b, ",\"onedrive\":{\"client_id_personal\":");
	buf_json(b, env_str("ONEDRIVE_CLIENT_ID_PERSONAL", shared));
	buf_adds(b, ",\"client_id_business\":");
	buf_json(b, env_str("ONEDRIVE_CLIENT_ID_BUSINESS", shared));
	buf_adds(b, ",\"sharepoint_url\":");
	buf_json(b, env_str("ONEDRIVE_SHAREPOINT_URL", ""));
	buf_adds(b, ",\"sharepoint_tenant_id\":");
	buf_json(b, env_str("ONEDRIVE_SHAREPOINT_TENANT_ID", ""));
	buf_addc(b, '}');
}

static void add_public(struct buf *b, const struct config *c)
{
	const char *i18n = config_json(c, CK_UI_I18N);

	buf_adds(b, "{\"status\":true,\"name\":");
	buf_json(b, config_app_name());
	buf_adds(b, ",\"version\":\"" OWUI_REFERENCE_VERSION "\",\"default_locale\":");
	buf_json(b, env_str("DEFAULT_LOCALE", ""));
	buf_printf(b, ",\"i18n\":%s,\"oauth\":{\"providers\":{", *i18n == '{' ? i18n : "{}");
	add_providers(b, c);
	buf_printf(b, "},\"auto_redirect\":%s},\"features\":{",
		   config_json(c, CK_OAUTH_AUTO_REDIRECT));
	add_members(b, c, public_features);
	add_name(b, "auth_trusted_header");
	buf_adds(b, bool_text(*env_str("WEBUI_AUTH_TRUSTED_EMAIL_HEADER", "")));
	if (*env_str("WEBSOCKET_HEARTBEAT_INTERVAL", "")) {
		int64_t s = env_int("WEBSOCKET_HEARTBEAT_INTERVAL", 30, INT64_MIN, INT64_MAX);

		add_name(b, "websocket_heartbeat_interval");
		buf_addint(b, s < 5 ? 5 : s > 90 ? 90 : s);
	}
}

/* The default models stand last: config_app_with_models() changes the end of the text. */
static void add_verified(struct buf *b, const struct config *c)
{
	const char *permissions = config_json(c, CK_USER_PERMISSIONS);

	add_members(b, c, top);
	add_object(b, c, "code", code);
	buf_adds(b, ",\"audio\":{");
	add_object(b, c, "realtime", realtime);
	add_object(b, c, "tts", tts);
	add_object(b, c, "stt", stt);
	buf_adds(b, "},\"file\":{");
	add_members(b, c, file);
	add_object(b, c, "image_compression", compression);
	buf_printf(b, "},\"permissions\":%s", *permissions == '{' ? permissions : "{}");
	add_object(b, c, "google_drive", google_drive);
	add_onedrive(b);
	add_object(b, c, "ui", ui);
	buf_printf(b, ",\"license_metadata\":null,\"default_models\":%s",
		   config_json(c, CK_UI_DEFAULT_MODELS));
}

static char *make(const struct config *c, enum app_viewer viewer)
{
	struct buf b = BUF_INIT;

	add_public(&b, c);
	if (viewer != APP_ANON)
		add_user_features(&b, c);
	buf_addc(&b, '}');
	if (viewer == APP_USER)
		add_verified(&b, c);
	else if (viewer == APP_PENDING)
		add_object(&b, c, "ui", overlay);
	buf_addc(&b, '}');
	return b.data;
}

static char *make_anon(const struct config *c)
{
	return make(c, APP_ANON);
}

static char *make_other(const struct config *c)
{
	return make(c, APP_OTHER);
}

static char *make_pending(const struct config *c)
{
	return make(c, APP_PENDING);
}

static char *make_user(const struct config *c)
{
	return make(c, APP_USER);
}

struct config_derived config_app(const struct config *c, enum app_viewer viewer)
{
	static char *(*const makers[])(const struct config *) = { make_anon, make_other,
								  make_pending, make_user };

	return config_derive(c, CONFIG_SLOT_APP_ANON + viewer, makers[viewer]);
}

const char *config_app_with_models(struct arena *a, const struct config *c, const char *models)
{
	struct config_derived base = config_app(c, APP_USER);
	struct buf *b = buf_in(a, 0);

	buf_add(b, base.text, base.len - strlen(config_json(c, CK_UI_DEFAULT_MODELS)) - 1);
	buf_json(b, models);
	buf_addc(b, '}');
	return b->data;
}
