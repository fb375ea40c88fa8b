#include "unit.h"
#include "search/grams.h"
#include "search/words.h"

static const char *of_text(struct arena *a, const char *owner, const char *text)
{
	struct buf *b = buf_in(a, 0);

	grams_of_text(b, owner, str_of(text));
	return b->data;
}

/* The numbers of a needle, NULL when there are none. */
static const char *of_needle(struct arena *a, const char *owner, const char *needle)
{
	struct buf *b = buf_in(a, 0);
	struct str s = str_of(needle);

	return grams_of_needles(b, owner, &s, 1) ? b->data : NULL;
}

/* Does {…} hold every number of the other one? */
static bool covers(const char *all, const char *some)
{
	struct str rest = { some + 1, strlen(some) - 2 };

	while (rest.n) {
		struct str one = str_split(&rest, ',');
		struct str in = { all + 1, strlen(all) - 2 };
		bool found = false;

		while (in.n && !found) {
			struct str other = str_split(&in, ',');

			found = other.n == one.n && memcmp(other.p, one.p, one.n) == 0;
		}
		if (!found)
			return false;
	}
	return true;
}

START_TEST(a_text_has_the_pieces_of_what_it_holds)
{
	static const char *const inside[] = { "qu", "quick", "k b", "\xc3\xa9t", "\xe4\xb8\xad\xe6\x96\x87", "qu%own", "o_n", "fox" };
	static const char *const outside[] = { "quack", "xof", "\xc3\xa9x", "zz" };
	struct arena *a = arena_new();
	const char *all = of_text(a, "u1", "the quick brown fox, \xc3\xa9t\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87");

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (of_needle(a, "u1", inside[i]))
			ck_assert_msg(covers(all, of_needle(a, "u1", inside[i])), "%s", inside[i]);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		ck_assert_msg(!covers(all, of_needle(a, "u1", outside[i])), "%s", outside[i]);
	ck_assert(!covers(all, of_needle(a, "u2", "quick")));
	arena_free(a);
}
END_TEST

START_TEST(short_needles_say_nothing)
{
	struct arena *a = arena_new();

	ck_assert_ptr_null(of_needle(a, "u", "x"));
	ck_assert_ptr_null(of_needle(a, "u", "x%y_"));
	ck_assert_ptr_null(of_needle(a, "u", ""));
	ck_assert_str_eq(of_text(a, "u", ""), "{}");
	ck_assert_ptr_nonnull(of_needle(a, "u", "\x80\x81"));	/* no UTF-8, but no harm */
	arena_free(a);
}
END_TEST

START_TEST(words_choose_and_ask)
{
	struct arena *a = arena_new();
	struct search s;

	search_read(a, "tag:a  big tag:b\"c plan-9 folder:f pinned:true archived:false archived:true shared:maybe", &s);
	ck_assert_str_eq(s.filters, "{\"tags\":[\"a\",\"b\\\"c\"],\"folders\":[\"f\"],\"pinned\":true,\"archived\":true}");
	ck_assert_str_eq(s.phrase.p, "big plan-9");
	ck_assert_uint_eq(s.terms_n, 3);
	ck_assert(str_eq(s.terms[0], "big") && str_eq(s.terms[1], "plan") && str_eq(s.terms[2], "9"));
	search_read(a, "one", &s);
	ck_assert_uint_eq(s.terms_n, 0);
	search_read(a, " \t ", &s);
	ck_assert_str_eq(s.filters, "{}");
	ck_assert_uint_eq(s.phrase.n, 0);
	arena_free(a);
}
END_TEST

UNIT_MAIN("search", a_text_has_the_pieces_of_what_it_holds, short_needles_say_nothing, words_choose_and_ask)
