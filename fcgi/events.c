#include "fcgi/events.h"

#include "base/utf8.h"
#include "event/catalog.h"
#include "event/event.h"
#include "json/scan.h"

struct event_note {
	struct event_note *next;
	struct event event;
};

struct event *req_event(struct req *r, const char *name, const char *subject, struct json_object *data)
{
	struct event_note *n = arena_alloc(r->arena, sizeof(*n)), **end = &r->events;

	/* The thing may be gone when its event is told. */
	subject = subject ? arena_strdup(r->arena, subject) : NULL;
	*n = (struct event_note){ .event = { .name = name, .subject_id = subject, .data = data } };
	while (*end)
		end = &(*end)->next;
	*end = n;
	return &n->event;
}

/* What is known as one thing although its names are many. */
static const char *usual_type(const char *event)
{
	return text_starts(event, "config.") ? "config" : text_starts(event, "auth.") ? "user" : NULL;
}

void events_flush(struct req *r)
{
	if (r->status >= 400)
		return;
	for (struct event_note *n = r->events; n; n = n->next) {
		struct event *e = &n->event;

		if (!e->actor && r->has_user)
			e->actor = &r->user;
		if (!e->subject_type && e->subject_id)
			e->subject_type = usual_type(e->name);
		if (!e->source && r->route && r->route->guard == SCIM)
			e->source = "scim";
		event_publish(r->arena, r->cfg, e);
	}
}

/* What a dotted path leads to, "" to the value itself; of each item behind a `*`.  A new reference. */
static struct json_object *follow(struct json_object *v, const char *path)
{
	const char *star = *path == '*' ? path : strstr(path, ".*");
	struct json_object *list, *out;
	char head[64];

	if (!star)
		return json_ref(*path ? json_at(v, path) : v);
	snprintf(head, sizeof(head), "%.*s", (int)(star - path), path);
	star += *star == '.';
	list = *head ? json_at(v, head) : v;
	out = json_object_new_array();
	for (size_t i = 0; i < json_len(list); i++)
		json_object_array_add(out, follow(json_item(list, i), star[1] ? star + 2 : ""));
	return out;
}

/* The same of the answer's text. */
static struct json_object *of_answer(struct req *r, struct str answer, const char *path)
{
	struct str raw = answer;

	if (strchr(path, '*'))
		return follow(json_parse(r->arena, answer.p, answer.n, NULL), path);
	if (*path && !json_find_at(answer, path, &raw))
		return NULL;
	return json_ref(json_parse(r->arena, raw.p, raw.n, NULL));
}

/* "[a,b]": a list of texts. */
static struct json_object *texts(struct str list)
{
	struct json_object *out = json_object_new_array();

	while (list.n) {
		struct str one = str_split(&list, ',');

		json_object_array_add(out, json_object_new_string_len(one.p, (int)one.n));
	}
	return out;
}

static struct json_object *text_json(const char *s, size_t n)
{
	return s ? json_object_new_string_len(s, (int)n) : NULL;
}

static struct json_object *of_column(const struct rows *rows, const char *number)
{
	size_t col = (size_t)(*number - '0');

	return text_json(rows_text(rows, 0, col), rows_len(rows, 0, col));
}

static struct json_object *z_json(const char *s)
{
	return s ? text_json(s, strlen(s)) : NULL;
}

/* The first `max` characters of a text. */
static struct json_object *cut(struct json_object *v, int64_t max)
{
	const char *s = json_str(v);
	struct json_object *out;

	if (!s)
		return v;
	out = text_json(s, utf8_head(s, strlen(s), (size_t)max));
	json_object_put(v);
	return out;
}

/* What a word of the row stands for; a new reference. */
static struct json_object *value_of(struct req *r, struct str answer, struct str word)
{
	struct str source = str_split(&word, '/');
	bool count = source.n && source.p[0] == '#';
	const char *w = arena_strndup(r->arena, source.p + count, source.n - count);
	struct json_object *v = NULL;
	int64_t max;

	if (*w == '@')
		v = of_answer(r, answer, w + 1);
	else if (*w == '.')
		v = follow(r->body, w + 1);
	else if (*w == '?')
		v = json_ref(json_get(r->query, w + 1));
	else if (*w == '$')
		v = of_column(r->rows, w + 1);
	else if (*w == '{')
		v = z_json(req_path_value(r, w));
	else if (*w == '\'')
		v = text_json(w + 1, strlen(w) - 2);
	else if (*w == '[')
		v = texts((struct str){ w + 1, strlen(w) - 2 });
	else if (strcmp(w, "user") == 0)
		v = z_json(r->user.id);
	else
		v = json_object_new_boolean(strcmp(w, "true") == 0);
	if (count) {
		max = (int64_t)json_len(v);
		json_object_put(v);
		return json_object_new_int64(max);
	}
	return word.p && str_to_i64(word, 0, EVENT_TEXT_MAX, &max) ? cut(v, max) : v;
}

/* "name", or "one|other@flag": the first when the flag of the answer is set. */
static const char *chosen_name(struct req *r, struct str answer, struct str word)
{
	struct str names = str_split(&word, '@'), first = str_split(&names, '|'), raw;
	const struct event_def *def;

	if (names.p && !(json_find_at(answer, arena_strndup(r->arena, word.p, word.n), &raw) && str_eq(raw, "true")))
		first = names;
	def = event_find(arena_strndup(r->arena, first.p, first.n));
	return def ? def->name : NULL;
}

/* "type:value", "type:", "value" or "-". */
static void set_subject(struct req *r, struct str answer, struct str word, struct event *e)
{
	struct str rest = word, type = { NULL, 0 };

	if (str_eq(word, "-"))
		return;
	if (word.p[0] >= 'a' && word.p[0] <= 'z' && memchr(word.p, ':', word.n)) {
		type = str_split(&rest, ':');
		e->subject_type = arena_strndup(r->arena, type.p, type.n);
	}
	if (rest.n)
		e->subject_id = json_str(json_own(r->arena, value_of(r, answer, rest)));
}

void events_answered(struct req *r, struct str answer)
{
	struct str rest = str_of(r->route->event), word = str_split(&rest, ' ');
	const char *name = chosen_name(r, answer, word);
	struct event *e;

	if (!name || !event_wanted(r->arena, r->cfg, name))
		return;
	e = req_event(r, name, NULL, json_new_object(r->arena));
	if (!rest.n)
		e->subject_id = r->params[0] ? r->params[0] : r->user.id;
	else
		set_subject(r, answer, str_split(&rest, ' '), e);
	while (rest.n) {
		struct str value = str_split(&rest, ' '), key = str_split(&value, '=');

		json_set(e->data, arena_strndup(r->arena, key.p, key.n), value_of(r, answer, value));
	}
}

static bool known(struct str name)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)name.n, name.p ? name.p : "");
	return event_find(text) != NULL;
}

const char *events_row_fault(const struct route *route)
{
	struct str rest = str_of(route->event), word = str_split(&rest, ' '), names = str_split(&word, '@');
	struct str first = str_split(&names, '|');

	if (!known(first) || (names.p && !known(names)))
		return "an event that is none";
	if ((names.p != NULL) != (word.p != NULL))
		return "a choice without a flag";
	str_split(&rest, ' ');
	while (rest.n) {
		struct str value = str_split(&rest, ' ');

		str_split(&value, '=');
		if (!value.n || (!strchr("@.?${'#[", value.p[0]) && !str_eq(value, "user") && !str_eq(value, "true")))
			return "a value that is none";
	}
	return NULL;
}
