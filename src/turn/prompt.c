#include "turn/prompt.h"

#include "base/clock.h"
#include "db/db.h"

enum { PROMPT_MAX = 8 * 1024 * 1024 };

enum { U_NAME, U_EMAIL, U_BIO, U_GENDER, U_BIRTH, U_TIMEZONE, U_LOCATION, U_VARIABLES, U_GROUPS };

static const char *age_of(struct arena *a, const char *birth, const struct tm *now)
{
	int y, m, d, age;

	if (!birth || sscanf(birth, "%4d-%2d-%2d", &y, &m, &d) != 3)
		return "Unknown";
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

static const char *or_unknown(const char *s)
{
	return text_empty(s) ? "Unknown" : s;
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
	localtime_r(&now, &tm);
	add(v, &n, "{{CURRENT_DATE}}", TIME_TEXT(a, "%Y-%m-%d", &tm));
	add(v, &n, "{{CURRENT_TIME}}", TIME_TEXT(a, "%I:%M:%S %p", &tm));
	add(v, &n, "{{CURRENT_DATETIME}}", TIME_TEXT(a, "%Y-%m-%d %I:%M:%S %p", &tm));
	add(v, &n, "{{CURRENT_WEEKDAY}}", TIME_TEXT(a, "%A", &tm));
	add(v, &n, "{{USER_NAME}}", or_unknown(t->user.name));
	add(v, &n, "{{USER_EMAIL}}", or_unknown(t->user.email));
	if (rc <= 0)
		return;
	add(v, &n, "{{USER_BIO}}", or_unknown(rows_text(rows, 0, U_BIO)));
	add(v, &n, "{{USER_GENDER}}", or_unknown(rows_text(rows, 0, U_GENDER)));
	add(v, &n, "{{USER_BIRTH_DATE}}", or_unknown(rows_text(rows, 0, U_BIRTH)));
	add(v, &n, "{{USER_AGE}}", age_of(a, rows_text(rows, 0, U_BIRTH), &tm));
	add(v, &n, "{{USER_LOCATION}}", or_unknown(rows_text(rows, 0, U_LOCATION)));
	add(v, &n, "{{USER_GROUPS}}", or_unknown(rows_text(rows, 0, U_GROUPS)));
}

/* The value of the placeholder "{{…}}" of n bytes at p, or NULL. */
static const char *value_of(struct arena *a, const struct prompt_values *v, const char *p, size_t n)
{
	const char *name = arena_strndup(a, p, n);
	struct json_object *own = json_get(v->client, name);

	if (own)
		return json_str(own) ? json_str(own) : json_object_get_string(own);
	for (size_t i = 0; v->known[i][0]; i++)
		if (strcmp(v->known[i][0], name) == 0)
			return v->known[i][1];
	return NULL;
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

const char *prompt_resolve(struct turn *t, const char *text)
{
	if (!text || !strstr(text, "{{"))
		return text;
	if (!t->values) {
		struct prompt_values *v = arena_alloc(t->arena, sizeof(*v));

		prompt_values_load(t, v);
		t->values = v;
	}
	return prompt_fill(t->arena, t->values, text);
}
