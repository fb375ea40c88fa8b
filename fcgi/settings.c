#include "fcgi/settings.h"

const struct field text_item = { "", T_STR };

void settings_show(struct req *r, struct buf *b, const struct field *view)
{
	bool get = strcmp(r->method, "GET") == 0;
	const char *sep = "";

	buf_addc(b, '{');
	for (const struct field *f = view; f->name; f++) {
		const char *v = f->config ? config_row(r->cfg, f->config) : f->def;

		if (!get && (f->flags & F_GET_ONLY))
			continue;
		buf_printf(b, "%s\"%s\":", sep, f->name);
		sep = ",";
		if (f->sub)
			settings_show(r, b, f->sub);
		else
			buf_adds(b, v ? v : "null");
	}
	buf_addc(b, '}');
}

static void collect(const struct field *view, struct json_object *body, struct json_object *out)
{
	for (const struct field *f = view; f->name; f++) {
		struct json_object *v;

		if (!json_object_object_get_ex(body, f->name, &v))
			continue;
		if (f->sub)
			collect(f->sub, v, out);
		else if (f->config && (v || !(f->flags & F_KEEP_NULL)))
			json_set(out, f->config, json_ref(v));
	}
}

struct json_object *settings_changes(struct req *r, const struct field *view,
				     struct json_object *body)
{
	struct json_object *out = json_new_object(r->arena);

	collect(view, body, out);
	return out;
}

void settings_tell(struct req *r, const char *event, const char *subject, struct json_object *changes)
{
	struct json_object *data = json_new_object(r->arena), *names = json_object_new_array();

	json_object_object_foreach(changes, name, value) {
		(void)value;
		json_object_array_add(names, json_object_new_string(name));
	}
	json_set(data, "keys", names);
	req_event(r, event, subject, data);
}

/* What the page of settings is called: "retrieval" of "/api/v1/retrieval/config/update". */
static const char *page_name(const struct req *r)
{
	struct str rest = str_of(r->path), word, last = { "config", 6 };

	while (rest.p) {
		word = str_split(&rest, '/');
		if (word.n && !str_eq(word, "config") && !str_eq(word, "update"))
			last = word;
	}
	return arena_strndup(r->arena, last.p, last.n);
}

bool settings_store(struct req *r, struct json_object *changes)
{
	if (config_store(req_db(r), r->arena, changes) < 0) {
		req_db_failed(r);
		return false;
	}
	r->cfg = config_get_in(r->arena);
	if (!r->events && !r->route->event)
		settings_tell(r, "config.updated", page_name(r), changes);
	return true;
}

int settings_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	settings_show(r, b, r->route->view ? r->route->view : r->route->body);
	return req_send_json(r, 200, b->data, b->len);
}

int settings_set(struct req *r)
{
	if (!settings_store(r, settings_changes(r, r->route->body, r->body)))
		return 0;
	return settings_get(r);
}
