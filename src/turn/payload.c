#include "turn/payload.h"

#include "base/env.h"
#include "chat/message.h"
#include "db/db.h"
#include "turn/prompt.h"

enum { MAX_HEADERS = 32, BRANCH_MAX = 100000, TIMEOUT_S = 300 };

/* Fields of the web UI in a completion request; the provider never sees them. */
static const char *const own_fields[] = {
	"params", "metadata", "files", "tool_ids", "skill_ids", "terminal_id", "features", "variables",
	"model_item", "background_tasks", "filter_ids", "tool_servers", "chat_id", "session_id", "id",
	"parent_id", "message_ids", "user_message", "parent_message", "new_chat", "chat_variables",
	"folder_id", "automation_id", "assistant_message_id", "regeneration_message_id",
	"regeneration_prompt", "prompt",
};

/* Parameters that steer us, not the provider. */
static const char *const own_params[] = {
	"stream_response", "stream_delta_chunk_size", "function_calling", "reasoning_tags",
	"compact_token_threshold", "system", "note_id", "tool_approval_mode", "model_controls",
};

static bool is_one_of(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static void lay_over(struct json_object *base, struct json_object *over)
{
	if (!json_is(over, json_type_object))
		return;
	json_object_object_foreach(over, key, v) {
		if (v)
			json_set(base, key, json_ref(v));
	}
}

struct json_object *payload_params(struct arena *a, const struct config *c, const struct model *m,
				   struct json_object *request)
{
	struct json_object *p = json_new_object(a);

	lay_over(p, config_tree(a, c, CK_MODELS_DEFAULT_PARAMS));
	lay_over(p, m->params);
	lay_over(p, request);
	return p;
}

static void put_if_absent(struct json_object *form, const char *key, struct json_object *v)
{
	if (!json_has(form, key))
		json_set(form, key, json_ref(v));
}

/* Values of custom parameters are JSON where they look like it. */
static void put_custom(struct turn *t, struct json_object *custom)
{
	if (!json_is(custom, json_type_object))
		return;
	json_object_object_foreach(custom, key, v) {
		struct json_object *parsed = json_parse_text(t->arena, json_str(v));

		json_set(t->form, key, json_ref(parsed ? parsed : v));
	}
}

/* "5:100,7:-3" → {"5":100,"7":-3} */
static struct json_object *logit_bias(const char *text)
{
	struct json_object *o = json_object_new_object();
	struct str rest = str_of(text);

	while (rest.p) {
		struct str value = str_trim(str_split(&rest, ',')), name = str_trim(str_split(&value, ':'));
		char token[32];
		int64_t bias;

		if (!name.n || name.n >= sizeof(token) || !str_to_i64(str_trim(value), -100, 100, &bias))
			continue;
		snprintf(token, sizeof(token), "%.*s", (int)name.n, name.p);
		json_set_i64(o, token, bias);
	}
	return o;
}

static void apply_params(struct turn *t, struct json_object *params)
{
	json_object_object_foreach(params, key, v) {
		if (is_one_of(own_params, ARRAY_SIZE(own_params), key))
			continue;
		if (strcmp(key, "custom_params") == 0)
			put_custom(t, v);
		else if (strcmp(key, "logit_bias") == 0 && json_str(v))
			put_if_absent(t->form, key, json_own(t->arena, logit_bias(json_str(v))));
		else
			put_if_absent(t->form, key, v);
	}
}

/* api.openai.com's reasoning models know max_completion_tokens, everybody else max_tokens. */
static void apply_token_limit(struct turn *t)
{
	bool openai = strstr(t->model.base_url, "api.openai.com") != NULL;
	const char *id = t->model.provider_id;
	bool reasoning = text_starts(id, "o1") || text_starts(id, "o3") || text_starts(id, "o4") ||
			 text_starts(id, "gpt-5");
	const char *from = openai && reasoning ? "max_tokens" : "max_completion_tokens";
	const char *to = openai && reasoning ? "max_completion_tokens" : "max_tokens";

	if (!json_has(t->form, from) || (openai && !reasoning))
		return;
	json_set(t->form, to, json_ref(json_get(t->form, from)));
	json_del(t->form, from);
}

static struct json_object *system_message(struct json_object *messages)
{
	for (size_t i = 0; i < json_len(messages); i++)
		if (strcmp(json_text(json_item(messages, i), "role", ""), "system") == 0)
			return json_item(messages, i);
	return NULL;
}

static void put_first(struct turn *t, struct json_object *message)
{
	struct json_object *all = json_new_array(t->arena), *old = json_get(t->form, "messages");

	json_object_array_add(all, message);
	for (size_t i = 0; i < json_len(old); i++)
		json_object_array_add(all, json_ref(json_item(old, i)));
	json_set(t->form, "messages", json_ref(all));
}

/* The request's system message with its placeholders filled, behind the model's own prompt. */
static void apply_system(struct turn *t)
{
	struct json_object *message = system_message(json_get(t->form, "messages"));
	const char *own = json_text(t->model.params, "system", NULL);
	const char *given = json_text(message, "content", NULL);
	struct prompt_values values;

	if (text_empty(own) && !message)
		return;
	prompt_values_load(t, &values);
	given = prompt_fill(t->arena, &values, given);
	own = prompt_fill(t->arena, &values, own);
	if (message) {
		if (given)
			json_set_text(message, "content", text_empty(own) ? given
				      : arena_printf(t->arena, "%s\n%s", own, given));
		return;
	}
	message = json_object_new_object();
	json_set_text(message, "role", "system");
	json_set_text(message, "content", own);
	put_first(t, message);
}

static void apply_stream(struct turn *t, struct json_object *params)
{
	struct json_object *meta_usage = json_at(t->model.meta, "capabilities.usage");
	bool usage = json_is(meta_usage, json_type_boolean) && json_object_get_boolean(meta_usage);
	struct json_object *options;

	if (json_is(json_get(t->model.params, "stream_response"), json_type_boolean))
		json_set_bool(t->form, "stream", json_flag(params, "stream_response", true));
	if (!json_flag(t->form, "stream", false)) {
		json_del(t->form, "stream_options");
		return;
	}
	if (!usage)
		return;
	options = json_copy(t->arena, json_get(t->form, "stream_options"));
	if (!json_is(options, json_type_object))
		options = json_new_object(t->arena);
	json_set_bool(options, "include_usage", true);
	json_set(t->form, "stream_options", json_ref(options));
}

static void note_tags(struct turn *t, struct json_object *params)
{
	struct json_object *tags = json_get(params, "reasoning_tags");

	t->chunk_size = (int)json_i64(params, "stream_delta_chunk_size",
				      env_int("CHAT_RESPONSE_STREAM_DELTA_CHUNK_SIZE", 1, 1, 10000));
	t->detect_tags = !json_is(tags, json_type_boolean) || json_object_get_boolean(tags);
	if (json_len(tags) == 2 && json_str(json_item(tags, 0)) && json_str(json_item(tags, 1))) {
		t->tag_start = json_str(json_item(tags, 0));
		t->tag_end = json_str(json_item(tags, 1));
	}
}

void payload_prepare(struct turn *t)
{
	struct json_object *params = payload_params(t->arena, t->cfg, &t->model,
						    json_get(t->form, "params"));

	apply_stream(t, params);
	note_tags(t, params);
	for (size_t i = 0; i < ARRAY_SIZE(own_fields); i++)
		json_del(t->form, own_fields[i]);
	apply_params(t, params);
	apply_token_limit(t);
	apply_system(t);
	json_set_text(t->form, "model", t->model.provider_id);
}

/* Text and pictures of a user's message as content parts. */
static struct json_object *with_pictures(struct json_object *content, struct json_object *files)
{
	struct json_object *parts = json_object_new_array(), *text = json_object_new_object();
	size_t pictures = 0;

	json_set_text(text, "type", "text");
	json_set(text, "text", json_ref(content));
	json_object_array_add(parts, text);
	for (size_t i = 0; i < json_len(files); i++) {
		struct json_object *f = json_item(files, i), *part, *url;
		const char *at = json_text(f, "url", NULL);

		if (strcmp(json_text(f, "type", ""), "image") != 0 || text_empty(at))
			continue;
		part = json_object_new_object();
		url = json_object_new_object();
		json_set_text(url, "url", at);
		json_set_text(part, "type", "image_url");
		json_set(part, "image_url", url);
		json_object_array_add(parts, part);
		pictures++;
	}
	if (pictures)
		return parts;
	json_object_put(parts);
	return NULL;
}

static struct json_object *for_provider(struct json_object *stored)
{
	struct json_object *m = json_object_new_object(), *content = json_get(stored, "content");
	struct json_object *parts = NULL;

	json_set_text(m, "role", json_text(stored, "role", "user"));
	if (json_str(content) && strcmp(json_text(stored, "role", ""), "user") == 0)
		parts = with_pictures(content, json_get(stored, "files"));
	json_set(m, "content", parts ? parts : content ? json_ref(content) : json_object_new_string(""));
	return m;
}

/* Rows are missing: follow parentId through the document. */
static struct json_object *branch_of_document(struct turn *t, const char *text)
{
	struct json_object *doc = json_parse_text(t->arena, text);
	struct json_object *all = json_get(json_get(doc, "history"), "messages");
	struct json_object *back = json_new_array(t->arena), *branch = json_new_array(t->arena);
	const char *id = t->user_message_id;

	for (size_t n = 0; id && json_get(all, id) && n < BRANCH_MAX; n++) {
		struct json_object *m = json_get(all, id);

		json_object_array_add(back, json_ref(m));
		id = json_text(m, "parentId", NULL);
	}
	for (size_t i = json_len(back); i-- > 0;)
		json_object_array_add(branch, json_ref(json_item(back, i)));
	return branch;
}

static struct json_object *load_branch(struct turn *t, struct db *db)
{
	struct rows *rows;

	if (db_run(db, t->arena, &rows, Q_TURN_BRANCH, t->chat_id, t->user_message_id) < 0)
		return NULL;
	if (rows_text(rows, 0, 0) && rows_bool(rows, 0, 1))
		return json_parse_text(t->arena, rows_text(rows, 0, 0));
	if (db_run(db, t->arena, &rows, Q_TURN_DOCUMENT, t->chat_id) <= 0)
		return NULL;
	return branch_of_document(t, rows_text(rows, 0, 0));
}

/* An answer that is continued, or one that is to be revised, ends what the provider sees. */
static void add_answer(struct turn *t, struct db *db, struct json_object *messages, const char *id)
{
	struct json_object *m, *o;
	struct rows *rows;

	if (text_empty(id) || db_run(db, t->arena, &rows, Q_TURN_DOCUMENT, t->chat_id) <= 0)
		return;
	m = message_get(t->arena, str_of(rows_text(rows, 0, 0)), id);
	if (text_empty(json_text(m, "content", NULL)))
		return;
	o = json_object_new_object();
	json_set_text(o, "role", "assistant");
	json_set_text(o, "content", json_text(m, "content", ""));
	json_object_array_add(messages, o);
}

bool payload_load_history(struct turn *t)
{
	struct json_object *system = system_message(json_get(t->form, "messages"));
	struct json_object *messages = json_new_array(t->arena), *branch;
	const char *hint = json_text(t->form, "regeneration_prompt", NULL);
	struct db *db = db_get();

	branch = load_branch(t, db);
	if (system)
		json_object_array_add(messages, json_ref(system));
	for (size_t i = 0; i < json_len(branch); i++)
		json_object_array_add(messages, for_provider(json_item(branch, i)));
	add_answer(t, db, messages, json_text(t->spec, "assistant_message_id", NULL));
	add_answer(t, db, messages, json_text(t->spec, "regeneration_message_id", NULL));
	db_put(db);
	if (!text_empty(hint)) {
		struct json_object *m = json_object_new_object();

		json_set_text(m, "role", "user");
		json_set_text(m, "content", hint);
		json_object_array_add(messages, m);
	}
	if (branch)
		json_set(t->form, "messages", json_ref(messages));
	return branch != NULL;
}

static const char *header_value(struct turn *t, const char *text)
{
	struct prompt_values v = { 0 };

	v.known[0][0] = "{{CHAT_ID}}";
	v.known[0][1] = t->chat_id ? t->chat_id : "";
	v.known[1][0] = "{{MESSAGE_ID}}";
	v.known[1][1] = t->message_id ? t->message_id : "";
	v.known[2][0] = "{{USER_ID}}";
	v.known[2][1] = t->user.id;
	v.known[3][0] = "{{USER_NAME}}";
	v.known[3][1] = t->user.name;
	v.known[4][0] = "{{USER_EMAIL}}";
	v.known[4][1] = t->user.email;
	v.known[5][0] = "{{USER_ROLE}}";
	v.known[5][1] = t->user.role;
	return prompt_fill(t->arena, &v, text);
}

static void add_header(struct turn *t, const char **list, size_t *n, const char *name, const char *value)
{
	if (*n < MAX_HEADERS - 1 && value && !strpbrk(name, "\r\n:") && !strpbrk(value, "\r\n"))
		list[(*n)++] = arena_printf(t->arena, "%s: %s", name, value);
}

static void add_user_headers(struct turn *t, const char **list, size_t *n)
{
	struct buf *name = buf_in(t->arena, 0);

	if (!env_bool("ENABLE_FORWARD_USER_INFO_HEADERS", false))
		return;
	buf_uri(name, t->user.name);
	add_header(t, list, n, "X-OpenWebUI-User-Name", buf_text(name));
	add_header(t, list, n, "X-OpenWebUI-User-Id", t->user.id);
	add_header(t, list, n, "X-OpenWebUI-User-Email", t->user.email);
	add_header(t, list, n, "X-OpenWebUI-User-Role", t->user.role);
	if (!text_empty(t->chat_id))
		add_header(t, list, n, "X-OpenWebUI-Chat-Id", t->chat_id);
}

const char *const *payload_headers(struct turn *t)
{
	const char **list = arena_calloc(t->arena, MAX_HEADERS, sizeof(*list));
	struct json_object *own = json_get(t->model.connection, "headers");
	const char *auth = json_text(t->model.connection, "auth_type", "bearer");
	size_t n = 0;

	add_header(t, list, &n, "Content-Type", "application/json");
	add_header(t, list, &n, "Accept", "*/*");
	if (strcmp(auth, "none") != 0)
		add_header(t, list, &n, "Authorization",
			   arena_printf(t->arena, "Bearer %s", t->model.key));
	add_user_headers(t, list, &n);
	if (json_is(own, json_type_object)) {
		json_object_object_foreach(own, key, v) {
			add_header(t, list, &n, key, header_value(t, json_str(v)));
		}
	}
	return list;
}

void payload_request(struct turn *t, struct http_request *req)
{
	memset(req, 0, sizeof(*req));
	req->method = "POST";
	req->url = arena_printf(t->arena, "%s/chat/completions", t->model.base_url);
	req->headers = payload_headers(t);
	req->body = json_print(t->form);
	req->body_len = strlen(req->body);
	req->timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT", TIMEOUT_S, 0, 864000) * 1000;
	req->idle_ms = env_int("AIOHTTP_CLIENT_STREAM_IDLE_TIMEOUT", 0, 0, 864000) * 1000;
	req->cancel_fd = t->cancel_fd;
}
