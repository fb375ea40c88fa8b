/* users_self - /api/v1/users/user: settings, info, variables and status of one's own account. */

#include <math.h>

#include "access/access.h"
#include "fcgi/request.h"

enum {
	SETTINGS = SESSION_COLUMNS,			/* column of Q_AUTH_SETTINGS */
	VARIABLE_MAX = 20000,		/* characters */
	VARIABLES_MAX = 100000,		/* characters of JSON text */
};

/* Keys of settings.ui that belong to the Interface panel (permission settings.interface). */
static const char *const interface_keys[] = {
	"autoTags", "autoFollowUps", "highContrastMode", "detectArtifacts", "responseAutoCopy",
	"showUsername", "showUpdateToast", "showChangelog", "showEmojiInCall",
	"voiceInterruption", "displayMultiModelResponsesInTabs", "chatFadeStreamingText",
	"richTextInput", "showFormattingToolbar", "insertPromptAsRichText", "promptAutocomplete",
	"insertSuggestionPrompt", "keepFollowUpPrompts", "insertFollowUpPrompt", "regenerateMenu",
	"enableMessageQueue", "largeTextAsFile", "copyFormatted", "collapseCodeBlocks",
	"renderMarkdownInUserMessages", "renderMarkdownInAssistantMessages", "expandDetails",
	"chatHoverPreview", "renderMarkdownInPreviews", "chatBubble", "widescreenMode",
	"splitLargeChunks", "scrollOnBranchChange", "scrollOnResponseGeneration",
	"showFilesOnTerminalSelect", "temporaryChatByDefault", "userLocation",
	"showChatTitleInTab", "iframeSandboxAllowScripts", "iframeSandboxAllowSameOrigin",
	"iframeSandboxAllowForms", "iframeSandboxAllowDownloads",
	"terminalPreviewAllowSameOrigin", "stylizedPdfExport", "hapticFeedback",
	"ctrlEnterToSend", "showFloatingActionButtons", "imageCompression",
	"imageCompressionInChannels", "landingPageMode", "chatDirection", "terminalFileDisplay",
	"defaultUploadContext", "webSearch", "models", "backgroundImageUrl", "fontFamily",
	"textScale", "title", "imageCompressionSize", "floatingActionButtons",
};

/* Defaults below the account's own choices, on all levels. */
static struct json_object *merge_defaults(struct json_object *defaults, struct json_object *own)
{
	struct json_object *out = json_object_new_object();

	json_object_object_foreach(defaults, key, v) {
		json_set(out, key, json_ref(v));
	}
	json_object_object_foreach(own, name, value) {
		struct json_object *base = json_get(out, name);

		if (!value)
			continue;
		if (json_is(base, json_type_object) && json_is(value, json_type_object))
			json_set(out, name, merge_defaults(base, value));
		else
			json_set(out, name, json_ref(value));
	}
	return out;
}

static const struct field raw_query[] = { { "raw", T_BOOL, .def = "false" }, SCHEMA_END };

static int settings_get(struct req *r)
{
	const char *stored = rows_text(r->account, 0, SETTINGS);
	const char *defaults = config_json(r->cfg, CK_UI_DEFAULT_INTERFACE_SETTINGS);
	struct json_object *all, *base;

	if (req_query_bool(r, "raw", false) || defaults[0] != '{' || defaults[1] == '}')
		return req_send_text(r, stored ? stored : "null");
	base = config_tree(r->arena, r->cfg, CK_UI_DEFAULT_INTERFACE_SETTINGS);
	all = stored ? json_parse_text(r->arena, stored) : json_new_object(r->arena);
	json_set(all, "ui", merge_defaults(base, json_is(json_get(all, "ui"), json_type_object)
					   ? json_get(all, "ui") : json_new_object(r->arena)));
	return req_send_obj(r, all);
}

/* Take out what the account may not change; false when the check failed and was answered. */
static bool drop_forbidden(struct req *r, struct json_object *ui)
{
	struct json_object *notify = json_get(ui, "notifications");

	if (r->user.is_admin)
		return true;
	if (ui && !req_permitted(r, "settings.interface"))
		for (size_t i = 0; i < ARRAY_SIZE(interface_keys); i++)
			json_del(ui, interface_keys[i]);
	if (!r->status && json_has(ui, "system") &&
	    (!req_permitted(r, "chat.controls") || !req_permitted(r, "chat.system_prompt")))
		json_del(ui, "system");
	if (!r->status && json_has(ui, "toolServers") &&
	    !req_permitted(r, "features.direct_tool_servers"))
		json_del(ui, "toolServers");
	if (!r->status && (json_has(r->body, "notifications") || json_has(notify, "webhook_url")) &&
	    !req_permitted(r, "features.webhooks")) {
		json_del(r->body, "notifications");
		if (json_is(notify, json_type_object))
			json_del(notify, "webhook_url");
	}
	return !r->status;
}

static const struct field settings_form[] = { { "ui", T_DICT | T_NULL }, SCHEMA_END };

static const char *clean(struct req *r, struct json_object *o)
{
	const char *text = json_print(o);

	return json_strip_nul(r->arena, text, strlen(text));
}

static int settings_update(struct req *r)
{
	struct json_object *ui = json_get(r->body, "ui");
	const char *patch = NULL;

	if (!drop_forbidden(r, ui))
		return 0;
	if (ui)
		patch = arena_strdup(r->arena, clean(r, ui));
	json_del(r->body, "ui");
	return req_send_sql(r, Q_USER_SETTINGS_PATCH, r->user.id, clean(r, r->body), patch);
}

static const struct field any_object[] = { { "", T_DICT }, SCHEMA_END };
static const struct field variables_form[] = {
	{ "variables", T_DICT, .def = "{}" }, SCHEMA_END
};

static bool variable_name(const char *s)
{
	if (*s < 'a' || *s > 'z')
		return false;
	return !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

static bool variables_fit(struct req *r, struct json_object *all)
{
	if (characters(json_print(all)) > VARIABLES_MAX) {
		req_fail_detail(r, 400, "The variables are too large.");
		return false;
	}
	json_object_object_foreach(all, key, v) {
		if (!variable_name(key))
			req_fail_detail(r, 400, "Not a name for a variable: %s", key);
		else if (!json_is(v, json_type_string))
			req_fail_detail(r, 400, "A variable must be a text: %s", key);
		else if (characters(json_str(v)) > VARIABLE_MAX)
			req_fail_detail(r, 400, "A variable is too long: %s", key);
		if (r->status)
			return false;
	}
	return true;
}

static int variables_update(struct req *r)
{
	struct json_object *all = json_get(r->body, "variables");

	if (!variables_fit(r, all))
		return 0;
	return req_send_sql(r, Q_USER_VARIABLES_SET, r->user.id, clean(r, all));
}

static const struct field status_form[] = {
	{ "status_emoji", T_STR | T_NULL }, { "status_message", T_STR | T_NULL },
	{ "status_expires_at", T_INT | T_NULL }, SCHEMA_END
};

/* Merged here, as PostgreSQL's functions refuse the escaped NUL that a json column may hold. */
static int info_update(struct req *r)
{
	struct json_object *info = json_parse_text(r->arena, rows_text(r->rows, 0, 0));

	if (r->half_text)
		return req_fail_detail(r, 400, "A text of the body is not valid Unicode.");
	if (!json_is(info, json_type_object))
		info = json_new_object(r->arena);
	json_object_object_foreach(r->body, key, v) {
		json_set(info, key, json_is(v, json_type_double) && isnan(json_object_get_double(v))
				    ? NULL : json_ref(v));
	}
	return req_send_sql(r, Q_USER_OWN_INFO_SET, r->user.id, json_print(info));
}

static int permissions_get(struct req *r)
{
	return req_send_text(r, access_tree_of(r->arena, r->cfg, rows_text(r->rows, 0, 0)));
}

const struct route user_self_routes[] = {
	{ "GET", "/api/v1/users/permissions", USER, permissions_get, .sql = Q_ACCESS_GROUPS,
	  .args = "user" },
	{ "GET", "/api/v1/users/user/settings", USER, settings_get, .query = raw_query,
	  .account = Q_AUTH_SETTINGS },
	{ "POST", "/api/v1/users/user/settings/update", USER, settings_update, settings_form,
	  .flags = R_PERMISSIONS, .event = "user.settings_updated" },
	{ "GET", "/api/v1/users/user/status", USER, .sql = Q_USER_SELF, .args = "user",
	  .feature = "users.enable_status", .feature_err = ERR_ACTION_PROHIBITED },
	{ "POST", "/api/v1/users/user/status/update", USER, NULL, status_form,
	  .sql = Q_USER_STATUS_SET, .args = "user body", .feature = "users.enable_status",
	  .feature_err = ERR_ACTION_PROHIBITED, .event = "user.status_updated" },
	{ "GET", "/api/v1/users/user/info", USER, .sql = Q_USER_OWN_INFO, .args = "user" },
	{ "POST", "/api/v1/users/user/info/update", USER, info_update, any_object,
	  .sql = Q_USER_OWN_INFO, .args = "user", .flags = R_READS_FIRST },
	{ "GET", "/api/v1/users/user/variables", USER, .sql = Q_USER_VARIABLES, .args = "user" },
	{ "POST", "/api/v1/users/user/variables/update", USER, variables_update, variables_form },
	ROUTES_END
};
