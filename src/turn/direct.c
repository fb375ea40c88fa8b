#include "turn/direct.h"

#include "http/sse.h"
#include "turn/prepare.h"

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
