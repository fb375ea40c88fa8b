#include "image/image.h"

#include "base/base64.h"
#include "base/env.h"
#include "base/log.h"
#include "http/client.h"

static bool run(struct arena *a, const char *what, const struct http_request *req, struct http_answer *ans)
{
	if (http_run(a, req, ans) && ans->status / 100 == 2)
		return true;
	log_warn("image_engine", "what=\"%s\" status=%d error=\"%s\"", what, ans->status,
		 ans->error ? ans->error : "");
	return false;
}

static int64_t patience_ms(void)
{
	return env_int("AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST", 10, 1, 600) * 1000;
}

/* GET: true for an answer of 2xx, *out is its JSON (NULL: none). */
static bool ask(struct arena *a, const char *what, const char *url, const char *const *headers,
		struct json_object **out)
{
	struct http_request req = { .method = "GET", .url = url, .headers = headers, .cancel_fd = -1,
				    .timeout_ms = patience_ms() };
	struct http_answer ans;

	if (!run(a, what, &req, &ans))
		return false;
	*out = json_parse(a, buf_text(ans.body), ans.body->len, NULL);
	return true;
}

static bool tell(struct arena *a, const char *what, const char *url, const char *const *headers,
		 struct json_object *body)
{
	const char *text = json_print(body);
	struct http_request req = { .method = "POST", .url = url, .headers = headers, .cancel_fd = -1,
				    .body = text, .body_len = strlen(text), .timeout_ms = patience_ms() };
	struct http_answer ans;

	return run(a, what, &req, &ans);
}

static void add(struct json_object *list, const char *id, const char *name)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "id", id);
	json_set_text(o, "name", name);
	json_object_array_add(list, o);
}

static const char *basic(struct arena *a, const char *user_and_password)
{
	struct buf *b = buf_in(a, 0);

	buf_adds(b, "Authorization: Basic ");
	base64_encode(b, user_and_password, strlen(user_and_password));
	return b->data;
}

static const char *a1111_url(struct arena *a, const struct config *c, const char *path)
{
	return arena_printf(a, "%s/sdapi/v1/%s", config_text(c, CK_IMAGE_GENERATION_AUTOMATIC1111_BASE_URL), path);
}

static const char *a1111_auth(struct arena *a, const struct config *c)
{
	return basic(a, config_text(c, CK_IMAGE_GENERATION_AUTOMATIC1111_API_AUTH));
}

static bool a1111_models(struct arena *a, const struct config *c, struct json_object *out)
{
	const char *headers[] = { a1111_auth(a, c), NULL };
	struct json_object *list;

	if (!ask(a, "models of automatic1111", a1111_url(a, c, "sd-models"), headers, &list) ||
	    !json_is(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_len(list); i++) {
		const char *id = json_text(json_item(list, i), "title", NULL);

		if (!id)
			return false;
		add(out, id, json_text(json_item(list, i), "model_name", NULL));
	}
	return true;
}

/* The workflow's node that loads the model, by the settings; NULL: none is named. */
static const char *model_node(struct arena *a, const struct config *c)
{
	struct json_object *nodes = config_tree(a, c, CK_IMAGE_GENERATION_COMFYUI_NODES);

	for (size_t i = 0; i < json_len(nodes); i++) {
		struct json_object *id;

		if (!text_eq(json_text(json_item(nodes, i), "type", NULL), "model"))
			continue;
		id = json_item(json_get(json_item(nodes, i), "node_ids"), 0);
		return id ? json_object_get_string(id) : NULL;
	}
	return NULL;
}

/* The first input of a node that is a choice of names. */
static const char *name_input(struct json_object *required)
{
	if (json_is(required, json_type_object)) {
		json_object_object_foreach(required, key, value) {
			(void)value;
			if (strstr(key, "_name"))
				return key;
		}
	}
	return NULL;
}

static bool comfy_models(struct arena *a, const struct config *c, struct json_object **out)
{
	const char *headers[] = { arena_printf(a, "Authorization: Bearer %s",
					       config_text(c, CK_IMAGE_GENERATION_COMFYUI_API_KEY)), NULL };
	const char *url = arena_printf(a, "%s/object_info", config_text(c, CK_IMAGE_GENERATION_COMFYUI_BASE_URL));
	const char *node = model_node(a, c), *class = "CheckpointLoaderSimple", *input = "ckpt_name";
	struct json_object *info, *required, *choices;

	if (!ask(a, "models of comfyui", url, headers, &info))
		return false;
	if (node)
		class = json_text(json_get(json_parse_text(a, config_text(c, CK_IMAGE_GENERATION_COMFYUI_WORKFLOW)), node),
				  "class_type", "");
	required = json_get(json_get(json_get(info, class), "input"), "required");
	if (!required)
		return false;
	if (node)
		input = name_input(required);
	if (!input) {
		*out = NULL;
		return true;
	}
	choices = json_item(json_get(required, input), 0);
	if (!json_is(choices, json_type_array))
		return false;
	for (size_t i = 0; i < json_len(choices); i++)
		add(*out, json_str(json_item(choices, i)), json_str(json_item(choices, i)));
	return true;
}

bool image_models(struct arena *a, const struct config *c, struct json_object **list)
{
	const char *engine = config_text(c, CK_IMAGE_GENERATION_ENGINE);

	*list = json_new_array(a);
	if (text_eq(engine, "openai")) {
		add(*list, "dall-e-2", "DALL\u00b7E 2");
		add(*list, "dall-e-3", "DALL\u00b7E 3");
		add(*list, "gpt-image-1", "GPT-IMAGE 1");
		add(*list, "gpt-image-1.5", "GPT-IMAGE 1.5");
		return true;
	}
	if (text_eq(engine, "gemini")) {
		add(*list, "imagen-3.0-generate-002", "imagen-3.0 generate-002");
		return true;
	}
	if (text_eq(engine, "comfyui"))
		return comfy_models(a, c, list);
	if (!*engine || text_eq(engine, "automatic1111"))
		return a1111_models(a, c, *list);
	*list = NULL;
	return true;
}

int image_engine_answers(struct arena *a, const char *engine, const char *url, const char *key)
{
	const char *headers[] = { NULL, NULL }, *path;
	struct json_object *ignored;
	size_t n = strlen(url);

	while (n && url[n - 1] == '/')
		n--;
	if (text_eq(engine, "automatic1111")) {
		path = "sdapi/v1/options";
		if (key)
			headers[0] = basic(a, key);
	} else if (text_eq(engine, "comfyui")) {
		path = "object_info";
		if (!text_empty(key))
			headers[0] = arena_printf(a, "Authorization: Bearer %s", key);
	} else {
		return -1;
	}
	return ask(a, "is the engine there", arena_printf(a, "%.*s/%s", (int)n, url, path), headers, &ignored);
}

void image_model_apply(struct arena *a, const struct config *c)
{
	const char *engine = config_text(c, CK_IMAGE_GENERATION_ENGINE);
	const char *model = config_text(c, CK_IMAGE_GENERATION_MODEL), *url = a1111_url(a, c, "options");
	const char *headers[] = { a1111_auth(a, c), "Content-Type: application/json", NULL };
	struct json_object *options;

	if ((*engine && !text_eq(engine, "automatic1111")) ||
	    !*config_text(c, CK_IMAGE_GENERATION_AUTOMATIC1111_BASE_URL))
		return;
	if (!ask(a, "options of automatic1111", url, headers, &options) ||
	    !json_get(options, "sd_model_checkpoint") || text_eq(json_text(options, "sd_model_checkpoint", NULL), model))
		return;
	json_set_text(options, "sd_model_checkpoint", model);
	tell(a, "model of automatic1111", url, headers, options);
}
