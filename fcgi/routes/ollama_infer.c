/* ollama_infer - chat, completions and embeddings of the Ollama servers, in their own words and in those
 * of OpenAI and Anthropic that they understand too. */

#include "fcgi/routes/ollama.h"
#include "turn/direct.h"

static const struct field text_item_form = { "", T_STR };
static const struct field dict_item_form = { "", T_DICT };

static const struct field generate_form[] = {
	{ "model", T_STR, F_REQUIRED },
	{ "prompt", T_STR | T_NULL },
	{ "suffix", T_STR | T_NULL },
	{ "images", T_LIST | T_NULL, 0, .item = &text_item_form },
	{ "format", T_DICT | T_STR | T_NULL },
	{ "options", T_DICT | T_NULL },
	{ "system", T_STR | T_NULL },
	{ "template", T_STR | T_NULL },
	{ "context", T_LIST | T_NULL, 0, .item = &(const struct field){ "", T_INT } },
	{ "stream", T_BOOL | T_NULL, .def = "true" },
	{ "raw", T_BOOL | T_NULL },
	{ "keep_alive", T_INT | T_STR | T_NULL },
	SCHEMA_END
};

static const struct field embed_form[] = {
	{ "model", T_STR, F_REQUIRED },
	{ "input", T_LIST | T_STR, F_REQUIRED, .item = &text_item_form },
	{ "truncate", T_BOOL | T_NULL },
	{ "options", T_DICT | T_NULL },
	{ "keep_alive", T_INT | T_STR | T_NULL },
	SCHEMA_END
};

static const struct field embeddings_form[] = {
	{ "model", T_STR, F_REQUIRED },
	{ "prompt", T_STR, F_REQUIRED },
	{ "options", T_DICT | T_NULL },
	{ "keep_alive", T_INT | T_STR | T_NULL },
	SCHEMA_END
};

/* Checked by hand: their faults are answered with 400. */
static const struct field message_form[] = {
	{ "role", T_STR, F_REQUIRED },
	{ "content", T_STR | T_NULL },
	{ "tool_calls", T_LIST | T_NULL, 0, .item = &dict_item_form },
	{ "images", T_LIST | T_NULL, 0, .item = &text_item_form },
	SCHEMA_END
};

static const struct field chat_form[] = {
	{ "model", T_STR, F_REQUIRED },
	{ "messages", T_LIST, F_REQUIRED, .item = &(const struct field){ "", T_MODEL, .sub = message_form } },
	{ "format", T_DICT | T_STR | T_NULL },
	{ "options", T_DICT | T_NULL },
	{ "template", T_STR | T_NULL },
	{ "stream", T_BOOL | T_NULL, .def = "true" },
	{ "keep_alive", T_INT | T_STR | T_NULL },
	{ "tools", T_LIST | T_NULL, 0, .item = &dict_item_form },
	SCHEMA_END
};

static const struct field openai_message_form[] = {
	{ "role", T_STR, F_REQUIRED },
	{ "content", T_STR | T_LIST | T_NULL, F_REQUIRED, .item = &dict_item_form },
	SCHEMA_END
};

static const struct field openai_chat_form[] = {
	{ "model", T_STR, F_REQUIRED },
	{ "messages", T_LIST, F_REQUIRED,
	  .item = &(const struct field){ "", T_MODEL, .sub = openai_message_form } },
	SCHEMA_END
};

static const struct field completion_form[] = {
	{ "model", T_STR, F_REQUIRED }, { "prompt", T_STR, F_REQUIRED }, SCHEMA_END
};

static const struct field input_form[] = {
	{ "model", T_STR, F_REQUIRED }, { "input", T_ANY, F_REQUIRED }, SCHEMA_END
};

static const struct field responses_form[] = { { "model", T_STR, F_REQUIRED }, SCHEMA_END };

static bool find(struct req *r, struct model *m)
{
	int64_t place = json_get(r->query, "url_idx") ? req_query_i64(r, "url_idx", -1) : -1;

	return provider_model(r, CONNECTION_OLLAMA, json_text(r->body, "model", ""), place, 400, m);
}

static int forward(struct req *r, const struct model *m, const char *path, struct json_object *body,
		   bool stream, const char *type)
{
	json_set_text(body, "model", m->provider_id);
	return ollama_forward(r, &m->connection, "POST", path, body, stream, type);
}

static int generate(struct req *r)
{
	struct model m;

	if (!ollama_on(r) || !find(r, &m))
		return 0;
	return forward(r, &m, "/api/generate", ollama_known(r, generate_form), true, NULL);
}

static int embed(struct req *r)
{
	struct model m;

	if (!ollama_on(r) || !find(r, &m))
		return 0;
	provider_drop_nulls(r->body);
	return forward(r, &m, "/api/embed", r->body, false, NULL);
}

static int embeddings(struct req *r)
{
	struct model m;

	if (!ollama_on(r) || !find(r, &m))
		return 0;
	return forward(r, &m, "/api/embeddings", ollama_known(r, embeddings_form), false, NULL);
}

/* Each message says something, or calls a tool. */
static bool messages_fit(struct req *r)
{
	struct json_object *list = json_get(r->body, "messages");

	for (size_t i = 0; i < json_len(list); i++) {
		struct json_object *m = json_item(list, i);

		if (!json_get(m, "content") && !json_get(m, "tool_calls")) {
			req_fail_detail(r, 400, "At least one of 'content' or 'tool_calls' must be provided");
			return false;
		}
		provider_drop_nulls(m);
	}
	return true;
}

static int chat(struct req *r)
{
	bool stream;
	struct model m;

	if (!ollama_on(r) || !ollama_fits(r, chat_form) || !messages_fit(r) || !find(r, &m))
		return 0;
	provider_drop_nulls(r->body);
	direct_ollama(r->arena, &r->user, &m, r->body);
	stream = json_flag(r->body, "stream", false);
	return forward(r, &m, "/api/chat", r->body, stream, stream ? "application/x-ndjson" : NULL);
}

/* A body in OpenAI's words, with the model's parameters. */
static int openai_body(struct req *r, const char *path, bool prompt)
{
	struct model m;
	struct turn t;

	if (!find(r, &m))
		return 0;
	provider_drop_nulls(r->body);
	if (!prompt)
		json_del(m.params, "system");
	direct_plain(&t, r->arena, &r->user, &m, r->body);
	turn_free(&t);
	return forward(r, &m, path, r->body, json_flag(r->body, "stream", false), NULL);
}

static int v1_chat(struct req *r)
{
	return ollama_fits(r, openai_chat_form) ? openai_body(r, "/v1/chat/completions", true) : 0;
}

static int v1_completions(struct req *r)
{
	return ollama_fits(r, completion_form) ? openai_body(r, "/v1/completions", false) : 0;
}

/* A body that is handed on as it is, but for the model's name. */
static int as_it_is(struct req *r, const char *path, const char *stream_type)
{
	bool stream = json_flag(r->body, "stream", false);
	struct model m;

	if (!ollama_on(r) || !find(r, &m))
		return 0;
	return forward(r, &m, path, r->body, stream, stream ? stream_type : NULL);
}

static int v1_embeddings(struct req *r)
{
	if (!ollama_on(r) || !ollama_fits(r, input_form))
		return 0;
	json_del(r->body, "metadata");
	provider_drop_nulls(r->body);
	return as_it_is(r, "/v1/embeddings", NULL);
}

static int v1_messages(struct req *r)
{
	return as_it_is(r, "/v1/messages", "text/event-stream");
}

static int v1_responses(struct req *r)
{
	return as_it_is(r, "/v1/responses", "text/event-stream");
}

/* The same with the place of a server, in the path or in the query. */
#define BOTH(path, handler, form)                                            \
	{ "POST", path, USER, handler, form, place_query, R_STREAM },        \
	{ "POST", path "/{url_idx}", USER, handler, form, place_query, R_STREAM }

const struct route ollama_infer_routes[] = {
	BOTH("/ollama/api/chat", chat, any_object_form),
	BOTH("/ollama/api/generate", generate, generate_form),
	BOTH("/ollama/api/embed", embed, embed_form),
	BOTH("/ollama/api/embeddings", embeddings, embeddings_form),
	BOTH("/ollama/v1/chat/completions", v1_chat, any_object_form),
	BOTH("/ollama/v1/completions", v1_completions, any_object_form),
	BOTH("/ollama/v1/embeddings", v1_embeddings, any_object_form),
	BOTH("/ollama/v1/messages", v1_messages, any_object_form),
	BOTH("/ollama/v1/responses", v1_responses, responses_form),
	ROUTES_END
};
