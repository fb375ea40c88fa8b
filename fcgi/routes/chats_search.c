/* chats_search - /api/v1/chats/search. */

#include "fcgi/routes/chats.h"
#include "search/grams.h"
#include "search/words.h"

enum { PAGE = 60 };

static const struct field search_query[] = {
	{ "text", T_STR, F_REQUIRED },
	{ "page", T_INT | T_NULL },
	SCHEMA_END
};

/* A search for one tag that finds nothing forgets the tag, when no chat has it any more. */
static bool forget_tag(struct req *r, const char *text, const char *list)
{
	struct str word = str_trim(str_of(text));
	struct rows *rows;

	if (!str_starts(word, "tag:") || str_has(word, " ") || !text_eq(list, "[]") ||
	    req_query_i64(r, "page", 1) != 1)
		return true;
	return req_db_run(r, &rows, Q_TAG_DROP_UNUSED, r->user.id,
			  arena_strndup(r->arena, word.p + 4, word.n - 4));
}

/* The numbers that a chat must have, NULL when nothing can be said. */
static const char *grams(struct req *r, const struct str *needles, size_t n)
{
	struct buf *out = buf_in(r->arena, 0);

	return grams_of_needles(out, r->user.id, needles, n) ? out->data : NULL;
}

/* Words as a JSON list, with `first` in front of them; NULL for none. */
static const char *list_of(struct req *r, const struct str *first, const struct str *words, size_t n)
{
	struct buf *out = buf_in(r->arena, 0);

	if (!first && !n)
		return NULL;
	buf_addc(out, '[');
	if (first)
		buf_json_n(out, first->p, first->n);
	for (size_t i = 0; i < n; i++) {
		buf_adds(out, out->len > 1 ? "," : "");
		buf_json_n(out, words[i].p, words[i].n);
	}
	buf_addc(out, ']');
	return out->data;
}

static int search(struct req *r)
{
	const char *skip = chats_skip(r, PAGE), *text, *list;
	struct search q;
	bool phrase;

	if (!skip)
		return req_fail(r, ERR_INTERNAL);
	if (!req_db_text(r, &text, Q_CHAT_LOWER, req_query(r, "text")))
		return 0;
	search_read(r->arena, text, &q);
	phrase = q.phrase.n > 0;
	if (!req_db_text(r, &list, Q_CHAT_SEARCH, r->user.id, q.filters, phrase ? q.phrase.p : NULL,
			 phrase ? grams(r, &q.phrase, 1) : NULL, list_of(r, NULL, q.terms, q.terms_n),
			 grams(r, q.terms, q.terms_n), list_of(r, phrase ? &q.phrase : NULL, q.terms, q.terms_n),
			 skip))
		return 0;
	return forget_tag(r, text, list) ? chats_send_list(r, list) : 0;
}

const struct route chat_search_routes[] = {
	{ "GET", "/api/v1/chats/search", USER, search, .query = search_query },
	ROUTES_END
};
