#include "turn/direct.h"

#include "http/sse.h"
#include "provider/ollama_chat.h"
#include "turn/messages.h"
#include "turn/params.h"
#include "turn/prepare.h"
#include "turn/prompt.h"

bool direct_init(struct turn *t, struct arena *a, const struct user *u, const struct model *m,
		 struct json_object *form)
{
	struct json_object *spec = json_new_object(a);

	turn_take_fields(form, spec);
	json_set(spec, "form", json_ref(form));
	turn_init(t, a, spec);
	t->user = *u;
	t->model = *m;
	return turn_prepare(t);
}

static void plain_init(struct turn *t, struct arena *a, const struct user *u, const struct model *m,
		       struct json_object *form)
{
	struct json_object *spec = json_new_object(a);

	json_del(form, "metadata");
	json_set(spec, "form", json_ref(form));
	turn_init(t, a, spec);
	t->user = *u;
	t->model = *m;
	t->params = m->params;
}

static void add_prompt(struct turn *t)
{
	struct json_object *messages = json_get(t->form, "messages");
	const char *prompt = json_text(t->params, "system", NULL);

	if (!text_empty(prompt) && json_is(messages, json_type_array))
		messages_add_system(t->arena, messages, prompt_resolve(t, prompt), false);
}

void direct_plain(struct turn *t, struct arena *a, const struct user *u, const struct model *m,
		  struct json_object *form)
{
	plain_init(t, a, u, m, form);
	params_apply(t);
	json_set_text(form, "model", m->provider_id);
	add_prompt(t);
}

void direct_ollama(struct arena *a, const struct user *u, const struct model *m, struct json_object *form)
{
	struct turn t;

	plain_init(&t, a, u, m, form);
	if (json_object_object_length(m->params))
		ollama_apply_params(a, form, params_of_provider(&t));
	add_prompt(&t);
	turn_free(&t);
}

struct first {
	struct arena *arena;
	char *text;
};

static bool keep_first(void *ctx, struct str text)
{
	struct first *f = ctx;

	f->text = arena_strndup(f->arena, text.p, text.n);
	return false;
}

const char *direct_stream_error(struct arena *a, const struct buf *body, int status)
{
	struct json_object *o, *error;
	struct first f = { .arena = a };
	struct sse s = { 0 };

	if (sse_feed(&s, buf_text(body), body->len, keep_first, &f))
		sse_finish(&s, keep_first, &f);
	sse_free(&s);
	o = json_parse_text(a, f.text);
	error = json_get(o, "error");
	if (json_is(error, json_type_object) && !json_get(error, "code"))
		json_set_i64(error, "code", status);
	return o ? json_print(o) : NULL;
}
