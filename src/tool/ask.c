#include "tool/ask.h"

#include "tool/browser.h"

enum {
	QUESTIONS_MAX = 3, OPTIONS_MIN = 2, OPTIONS_MAX = 3,
	ID_MAX = 64, HEADER_MAX = 48, QUESTION_MAX = 500, LABEL_MAX = 80, ABOUT_MAX = 240,
};

/* At most `max` characters, without white space around. */
static const char *cut(struct arena *a, struct json_object *o, const char *key, size_t max)
{
	struct json_object *v = json_get(o, key);
	struct str s = str_trim(str_of(v ? json_object_get_string(v) : ""));
	size_t n = 0, chars = 0;

	while (n < s.n && chars < max) {
		for (n++; n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80; n++)
			;
		chars++;
	}
	return s.n ? arena_strndup(a, s.p, n) : "";
}

static struct json_object *options_of(struct arena *a, struct json_object *question, const char **err)
{
	struct json_object *given = json_get(question, "options"), *list = json_new_array(a);

	if (!json_is(given, json_type_array) || json_len(given) < OPTIONS_MIN || json_len(given) > OPTIONS_MAX) {
		*err = "Each question requires 2-3 options.";
		return NULL;
	}
	for (size_t i = 0; i < json_len(given); i++) {
		struct json_object *o = json_object_new_object();

		json_object_array_add(list, o);
		json_set_text(o, "label", cut(a, json_item(given, i), "label", LABEL_MAX));
		json_set_text(o, "description", cut(a, json_item(given, i), "description", ABOUT_MAX));
		if (!*json_text(o, "label", "") || !*json_text(o, "description", "")) {
			*err = "Each option requires a label and description.";
			return NULL;
		}
	}
	return list;
}

static struct json_object *question_of(struct arena *a, struct json_object *given, size_t index,
				       bool allow_other, const char **err)
{
	struct json_object *o = json_new_object(a), *options;
	const char *header = cut(a, given, "header", HEADER_MAX);

	if (!json_is(given, json_type_object)) {
		*err = "Each question must be an object.";
		return NULL;
	}
	json_set_text(o, "id", cut(a, given, "id", ID_MAX));
	json_set_text(o, "header", *header ? header : arena_printf(a, "Question %zu", index + 1));
	json_set_text(o, "question", cut(a, given, "question", QUESTION_MAX));
	options = options_of(a, given, err);
	if (!*json_text(o, "id", ""))
		*err = "Each question requires a non-empty id.";
	else if (options && !*json_text(o, "question", ""))
		*err = "Each question requires question text.";
	if (*err)
		return NULL;
	json_set(o, "options", json_ref(options));
	json_set_bool(o, "allow_other", json_flag(given, "allow_other", allow_other));
	return o;
}

struct json_object *ask_normal(struct arena *a, struct json_object *args, const char **err)
{
	struct json_object *given = json_get(args, "questions"), *o = json_new_object(a), *list;
	bool allow_other = json_flag(args, "allow_other", true);
	int64_t ms = json_i64(args, "timeout_ms", ASK_DEFAULT_MS);

	*err = NULL;
	if (!json_is(given, json_type_array) || json_len(given) < 1 || json_len(given) > QUESTIONS_MAX) {
		*err = "ask_user requires 1-3 questions.";
		return NULL;
	}
	list = json_object_new_array();
	json_set(o, "questions", list);
	for (size_t i = 0; i < json_len(given); i++) {
		struct json_object *q = question_of(a, json_item(given, i), i, allow_other, err);

		if (!q)
			return NULL;
		for (size_t k = 0; k < i; k++)
			if (text_eq(json_text(json_item(list, k), "id", ""), json_text(q, "id", ""))) {
				*err = "Two questions have the same id.";
				return NULL;
			}
		json_object_array_add(list, json_ref(q));
	}
	json_set_bool(o, "allow_other", allow_other);
	json_set_i64(o, "timeout_ms", ms >= ASK_MIN_MS && ms <= ASK_MAX_MS ? ms : ASK_DEFAULT_MS);
	return o;
}

void ask_run(struct toolbox *b, struct json_object *args, struct tool_value *out)
{
	const char *err = NULL, *status = "answered";
	struct json_object *request = ask_normal(b->arena, args, &err), *answer, *answers;

	out->json = json_new_object(b->arena);
	if (!request) {
		json_set_text(out->json, "status", "error");
		json_set_text(out->json, "error", err);
		return;
	}
	answer = browser_ask(b, "request:user_input", request, (int)json_i64(request, "timeout_ms", ASK_DEFAULT_MS));
	if (json_get(answer, "error")) {
		json_set_text(out->json, "status", "error");
		json_set(out->json, "error", json_ref(json_get(answer, "error")));
		return;
	}
	if (text_eq(json_text(answer, "status", NULL), "cancelled"))
		status = "cancelled";
	answers = strcmp(status, "answered") == 0 ? json_get(answer, "answers") : NULL;
	json_set_text(out->json, "status", status);
	json_set(out->json, "answers", answers ? json_ref(answers) : json_object_new_object());
}
