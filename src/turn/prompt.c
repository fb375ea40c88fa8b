#include "turn/prompt.h"

#include "base/clock.h"
#include "db/db.h"

enum { PROMPT_MAX = 8 * 1024 * 1024 };

enum { U_NAME, U_EMAIL, U_BIO, U_GENDER, U_BIRTH, U_TIMEZONE, U_LOCATION, U_VARIABLES, U_GROUPS };

static const char *age_of(struct arena *a, const char *birth, const struct tm *now)
{
	int y, m, d, age;

	if (!birth || sscanf(birth, "%4d-%2d-%2d", &y, &m, &d) != 3)
		return "None";
	age = now->tm_year + 1900 - y;
	if (now->tm_mon + 1 < m || (now->tm_mon + 1 == m && now->tm_mday < d))
		age--;
	return arena_printf(a, "%d", age);
}

#define TIME_TEXT(a, format, tm)                                                             \
	({                                                                                   \
		char text_[64];                                                              \
		strftime(text_, sizeof(text_), format, tm) ? arena_strdup(a, text_) : "";    \
	})

/* What an account did not say reads as Python writes it: prompts of the reference are written for that. */
static const char *or_none(const char *s)
{
	return s ? s : "None";
}

static void add(struct prompt_values *v, size_t *n, const char *name, const char *value)
{
	v->known[*n][0] = name;
	v->known[*n][1] = value;
	(*n)++;
}

void prompt_values_load(struct turn *t, struct prompt_values *v)
{
	struct arena *a = t->arena;
	struct rows *rows = NULL;
	struct db *db = db_get();
	time_t now = (time_t)time_s();
	struct tm tm;
	size_t n = 0;
	int rc = db_run(db, a, &rows, Q_TURN_USER, t->user.id);

	db_put(db);
	memset(v, 0, sizeof(*v));
	v->client = json_get(t->spec, "variables");
	v->chat = json_get(t->spec, "chat_variables");
	localtime_r(&now, &tm);
	add(v, &n, "{{CURRENT_DATE}}", TIME_TEXT(a, "%Y-%m-%d", &tm));
	add(v, &n, "{{CURRENT_TIME}}", TIME_TEXT(a, "%I:%M:%S %p", &tm));
	add(v, &n, "{{CURRENT_DATETIME}}", TIME_TEXT(a, "%Y-%m-%d %I:%M:%S %p", &tm));
	add(v, &n, "{{CURRENT_WEEKDAY}}", TIME_TEXT(a, "%A", &tm));
	add(v, &n, "{{USER_NAME}}", or_none(t->user.name));
	add(v, &n, "{{USER_EMAIL}}", or_none(t->user.email));
	if (rc <= 0)
		return;
	add(v, &n, "{{USER_BIO}}", or_none(rows_text(rows, 0, U_BIO)));
	add(v, &n, "{{USER_GENDER}}", or_none(rows_text(rows, 0, U_GENDER)));
	add(v, &n, "{{USER_BIRTH_DATE}}", or_none(rows_text(rows, 0, U_BIRTH)));
	add(v, &n, "{{USER_AGE}}", age_of(a, rows_text(rows, 0, U_BIRTH), &tm));
	add(v, &n, "{{USER_LOCATION}}", or_none(rows_text(rows, 0, U_LOCATION)));
	add(v, &n, "{{USER_GROUPS}}", rows_text(rows, 0, U_GROUPS) ? rows_text(rows, 0, U_GROUPS) : "");
	v->user = json_parse_text(a, rows_text(rows, 0, U_VARIABLES));
}

const char *prompt_value(const struct prompt_values *v, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; v->known[i][0]; i++)
		if (strncmp(v->known[i][0] + 2, name, n) == 0 && strcmp(v->known[i][0] + 2 + n, "}}") == 0)
			return v->known[i][1];
	return NULL;
}

/* Cut *rest at the next `sep` that stands outside of quotes and brackets. */
static struct str split_outside(struct str *rest, char sep)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < rest->n; i++) {
		char c = rest->p[i];

		if (c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
		else if (!quoted && !depth && c == sep) {
			struct str head = { rest->p, i };

			*rest = (struct str){ rest->p + i + 1, rest->n - i - 1 };
			return head;
		}
	}
	struct str all = *rest;

	*rest = (struct str){ NULL, 0 };
	return all;
}

/* A property of a variable's definition "select:options=["a","b"]:default="a"", unquoted; or NULL. */
static const char *property(struct arena *a, struct str definition, const char *name)
{
	while (definition.p) {
		struct str value = str_trim(split_outside(&definition, ':')), key = split_outside(&value, '=');

		value = str_trim(value);
		if (!str_eq(str_trim(key), name) || !value.p)
			continue;
		if (value.n >= 2 && *value.p == '"' && value.p[value.n - 1] == '"')
			value = (struct str){ value.p + 1, value.n - 2 };
		return arena_strndup(a, value.p, value.n);
	}
	return NULL;
}

static bool is_option(struct arena *a, struct str definition, const char *value)
{
	struct json_object *options = json_parse_text(a, property(a, definition, "options"));

	for (size_t i = 0; i < json_len(options); i++)
		if (text_eq(json_object_get_string(json_item(options, i)), value))
			return true;
	return false;
}

static bool is_variable_name(struct str key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!(key.p[i] >= 'a' && key.p[i] <= 'z') &&
		    (!i || (key.p[i] != '_' && !(key.p[i] >= '0' && key.p[i] <= '9'))))
			return false;
	return key.n > 0;
}

/* "name" or "name | definition", for a variable of the chat: its value, its default, or nothing. */
static const char *chat_variable(struct arena *a, const struct prompt_values *v, struct str text)
{
	struct str definition = text, key = str_trim(str_split(&definition, '|'));
	struct json_object *given = is_variable_name(key) ? json_get(v->chat, arena_strndup(a, key.p, key.n)) : NULL;
	const char *value = given ? json_object_get_string(given) : NULL;

	definition = str_trim(definition);
	if (text_empty(value))
		value = property(a, definition, "default");
	if (text_empty(value) || !is_variable_name(key) ||
	    (str_starts(definition, "select") && !is_option(a, definition, value)))
		return "";
	return value;
}

static const char *user_variable(struct arena *a, const struct prompt_values *v, struct str text)
{
	struct str rest = text, key = str_trim(str_split(&rest, '|'));

	return is_variable_name(key) ? json_text(v->user, arena_strndup(a, key.p, key.n), "") : "";
}

/* The value of the placeholder "{{…}}" of n bytes at p, or NULL. */
static const char *value_of(struct arena *a, const struct prompt_values *v, const char *p, size_t n)
{
	static const char chat[] = "chat.variables.", user[] = "user.variables.";
	struct str inner = str_trim((struct str){ p + 2, n - 4 });
	const char *name = arena_strndup(a, p, n);
	struct json_object *own = json_get(v->client, name);

	if (str_starts(inner, chat))
		return chat_variable(a, v, (struct str){ inner.p + sizeof(chat) - 1, inner.n - sizeof(chat) + 1 });
	if (str_starts(inner, user))
		return user_variable(a, v, (struct str){ inner.p + sizeof(user) - 1, inner.n - sizeof(user) + 1 });
	if (own)
		return json_str(own) ? json_str(own) : json_object_get_string(own);
	return prompt_value(v, arena_strndup(a, p + 2, n - 4));
}

const char *prompt_fill(struct arena *a, const struct prompt_values *v, const char *text)
{
	struct buf *b;
	const char *open;

	if (!text || !strstr(text, "{{"))
		return text;
	b = buf_in(a, PROMPT_MAX);
	while ((open = strstr(text, "{{"))) {
		const char *close = strstr(open, "}}");
		const char *value;

		if (!close)
			break;
		value = value_of(a, v, open, (size_t)(close + 2 - open));
		buf_add(b, text, (size_t)(open - text));
		if (value)
			buf_adds(b, value);
		else
			buf_adds(b, "{{");
		text = value ? close + 2 : open + 2;
	}
	buf_adds(b, text);
	return buf_text(b);
}

const struct prompt_values *prompt_values_of(struct turn *t)
{
	if (!t->values) {
		struct prompt_values *v = arena_alloc(t->arena, sizeof(*v));

		prompt_values_load(t, v);
		t->values = v;
	}
	return t->values;
}

const char *prompt_resolve(struct turn *t, const char *text)
{
	return text && strstr(text, "{{") ? prompt_fill(t->arena, prompt_values_of(t), text) : text;
}
