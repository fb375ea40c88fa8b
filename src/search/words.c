#include "search/words.h"

enum kind { TAG, FOLDER, PINNED, ARCHIVED, SHARED, KINDS };

static const struct {
	const char *prefix, *member;
} kinds[KINDS] = {
	[TAG] = { "tag:", "tags" },	     [FOLDER] = { "folder:", "folders" },
	[PINNED] = { "pinned:", "pinned" },  [ARCHIVED] = { "archived:", "archived" },
	[SHARED] = { "shared:", "shared" },
};

/* What was given so far: a list under construction, or "true" and "false". */
struct given {
	struct buf *list;
	const char *flag;
};

static bool take(struct arena *a, struct given *given, struct str word)
{
	for (enum kind k = TAG; k < KINDS; k++) {
		struct given *g = &given[k];

		if (!str_starts(word, kinds[k].prefix))
			continue;
		word = (struct str){ word.p + strlen(kinds[k].prefix), word.n - strlen(kinds[k].prefix) };
		if (k > FOLDER) {
			if (str_eq(word, "true"))
				g->flag = "true";
			else if (str_eq(word, "false") && !g->flag)
				g->flag = "false";
			return true;
		}
		if (g->list)
			buf_addc(g->list, ',');
		else
			g->list = buf_in(a, 0);
		buf_json_n(g->list, word.p, word.n);
		return true;
	}
	return false;
}

static const char *write_filters(struct arena *a, const struct given *given)
{
	struct buf *out = buf_in(a, 0);

	buf_addc(out, '{');
	for (enum kind k = TAG; k < KINDS; k++) {
		if (!given[k].list && !given[k].flag)
			continue;
		buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", kinds[k].member);
		if (given[k].list)
			buf_printf(out, "[%s]", buf_text(given[k].list));
		else
			buf_adds(out, given[k].flag);
	}
	buf_addc(out, '}');
	return out->data;
}

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static void read_terms(struct search *s)
{
	for (size_t i = 0, start; i < s->phrase.n && s->terms_n < SEARCH_TERMS_MAX; i++) {
		if (!in_word(s->phrase.p[i]))
			continue;
		for (start = i; i < s->phrase.n && in_word(s->phrase.p[i]); i++)
			;
		if (i - start < s->phrase.n)
			s->terms[s->terms_n++] = (struct str){ s->phrase.p + start, i - start };
	}
}

void search_read(struct arena *a, const char *text, struct search *out)
{
	struct given given[KINDS] = { { NULL, NULL } };
	struct buf *phrase = buf_in(a, 0);
	struct str rest = str_of(text);

	*out = (struct search){ .phrase = { NULL, 0 } };
	while (rest.n) {
		size_t n = 0, gap;

		while (n < rest.n && !strchr(" \t\r\n\f\v", rest.p[n]))
			n++;
		if (n && !take(a, given, (struct str){ rest.p, n })) {
			if (phrase->len)
				buf_addc(phrase, ' ');
			buf_add(phrase, rest.p, n);
		}
		gap = n < rest.n;
		rest = (struct str){ rest.p + n + gap, rest.n - n - gap };
	}
	out->filters = write_filters(a, given);
	out->phrase = (struct str){ buf_text(phrase), phrase->len };
	read_terms(out);
}
