#include "turn/template.h"

#include <strings.h>

#include "turn/messages.h"

enum { TEMPLATE_MAX = 8 * 1024 * 1024, COUNT_MAX = 1000000000 };

/* How a text or a list is cut: to its first, last, or first and last n. */
enum cut { CUT_NONE, CUT_START, CUT_END, CUT_MIDDLE };

static enum cut cut_of(struct str name)
{
	static const char *const names[] = { "start", "end", "middletruncate" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (name.n == strlen(names[i]) && strncasecmp(name.p, names[i], name.n) == 0)
			return (enum cut)(CUT_START + i);
	return CUT_NONE;
}

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* The byte where character `n` begins. */
static size_t at_character(struct str s, size_t n)
{
	size_t i = 0;

	for (; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80 && n-- == 0)
			break;
	return i;
}

static void add_cut(struct buf *b, const char *text, enum cut cut, size_t n, bool odd_at_end)
{
	struct str s = str_of(text ? text : "");
	size_t all = characters(s), head = odd_at_end ? n / 2 : n - n / 2;

	if (cut == CUT_NONE || all <= n) {
		buf_addstr(b, s);
	} else if (cut == CUT_START) {
		buf_add(b, s.p, at_character(s, n));
	} else if (cut == CUT_END) {
		buf_adds(b, s.p + at_character(s, n ? all - n : 0));
	} else {
		buf_add(b, s.p, at_character(s, head));
		buf_adds(b, "...");
		buf_adds(b, s.p + at_character(s, all - (n - head)));
	}
}

/* "start:200" */
static bool read_cut(struct str text, enum cut *cut, int64_t *n)
{
	struct str rest = text, name = str_split(&rest, ':');

	*cut = cut_of(name);
	return *cut != CUT_NONE && rest.p && str_to_i64(rest, 0, COUNT_MAX, n);
}

struct filter {
	enum cut cut;
	int64_t n;
};

static void add_message(struct buf *b, struct json_object *m, const struct filter *f)
{
	for (const char *role = json_text(m, "role", "user"); *role; role++)
		buf_addc(b, *role >= 'a' && *role <= 'z' ? (char)(*role - 32) : *role);
	buf_adds(b, ": ");
	add_cut(b, messages_text(m), f->cut, (size_t)f->n, true);
}

static void add_range(struct buf *b, struct json_object *list, size_t from, size_t to, const struct filter *f,
		      bool *first)
{
	for (size_t i = from; i < to; i++) {
		if (!*first)
			buf_addc(b, '\n');
		*first = false;
		add_message(b, json_item(list, i), f);
	}
}

/* What stands behind "MESSAGES"; false: it is no placeholder. */
static bool add_messages(struct buf *b, struct str spec, struct json_object *list)
{
	struct str rest = spec, which = str_split(&rest, '|');
	struct filter f = { CUT_NONE, 0 };
	size_t all = json_len(list), n;
	enum cut cut = CUT_NONE;
	bool first = true;
	int64_t count = 0;

	if (rest.p && !read_cut(rest, &f.cut, &f.n))
		f.cut = CUT_NONE;
	if (which.n && (*which.p != ':' ||
			!read_cut((struct str){ which.p + 1, which.n - 1 }, &cut, &count)))
		return false;
	n = (size_t)count;
	if (cut == CUT_NONE || n >= all || (n == 0 && cut != CUT_START)) {
		add_range(b, list, 0, all, &f, &first);
	} else if (cut == CUT_START) {
		add_range(b, list, 0, n, &f, &first);
	} else if (cut == CUT_END) {
		add_range(b, list, all - n, all, &f, &first);
	} else {
		add_range(b, list, 0, n / 2, &f, &first);
		add_range(b, list, all - (n - n / 2), all, &f, &first);
	}
	return true;
}

static bool add_prompt(struct buf *b, struct str spec, const char *prompt)
{
	enum cut cut = CUT_NONE;
	int64_t n = 0;

	if (spec.n && (*spec.p != ':' || !read_cut((struct str){ spec.p + 1, spec.n - 1 }, &cut, &n)))
		return false;
	add_cut(b, prompt, cut, (size_t)n, false);
	return true;
}

static void add_responses(struct buf *b, struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++) {
		const char *text = json_str(json_item(list, i));

		buf_printf(b, "%s\"\"\"%s\"\"\"", i ? "\n\n" : "", text ? text : "");
	}
}

static bool starts(struct str name, const char *word, bool any_case)
{
	size_t n = strlen(word);

	return name.n >= n && (any_case ? strncasecmp(name.p, word, n) : strncmp(name.p, word, n)) == 0;
}

/* One placeholder's name, without the braces; false: it is none of ours. */
static bool add_place(struct arena *a, struct buf *b, struct str name, const struct template_input *in,
		      const struct prompt_values *v)
{
	const char *known;

	const struct {
		const char *name;
		struct json_object *list;
	} lists[] = { { "MESSAGES", in->messages }, { "COMPACTED_MESSAGES", in->compacted },
		      { "RECENT_MESSAGES", in->recent } };
	const struct {
		const char *name, *text;
	} texts[] = { { "TYPE", in->type }, { "PREVIOUS_SUMMARY", in->summary }, { "TOOLS", in->tools } };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t n = strlen(lists[i].name);

		if (starts(name, lists[i].name, false))
			return add_messages(b, (struct str){ name.p + n, name.n - n }, lists[i].list);
	}
	if (starts(name, "prompt", true))
		return add_prompt(b, (struct str){ name.p + 6, name.n - 6 }, in->prompt);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_eq(name, texts[i].name)) {
			buf_adds(b, texts[i].text ? texts[i].text : "");
			return true;
		}
	if (str_eq(name, "responses")) {
		add_responses(b, in->responses);
		return true;
	}
	known = v ? prompt_value(v, arena_strndup(a, name.p, name.n)) : NULL;
	if (known)
		buf_adds(b, known);
	return known != NULL;
}

const char *template_fill(struct arena *a, const char *text, const struct template_input *in,
			  const struct prompt_values *v)
{
	struct template_input given = *in;
	struct buf *b = buf_in(a, TEMPLATE_MAX);
	const char *open, *close;

	if (!given.prompt)
		given.prompt = messages_text(messages_last(given.messages, "user"));
	while ((open = strstr(text, "{{")) && (close = strstr(open, "}}"))) {
		buf_add(b, text, (size_t)(open - text));
		if (add_place(a, b, (struct str){ open + 2, (size_t)(close - open - 2) }, &given, v)) {
			text = close + 2;
		} else {
			buf_adds(b, "{{");
			text = open + 2;
		}
	}
	buf_adds(b, text);
	return buf_text(b);
}
