#include "unit.h"
#include "rag/split.h"

static size_t split(struct arena *a, const char *text, struct split_rules rules, struct split_piece **out)
{
	return split_text(a, text, &rules, out);
}

/* The expected pieces are those of LangChain's splitters for the same text. */
START_TEST(by_paragraphs)
{
	static const char text[] = "Whales sing in the deep ocean at night.\n\nOwls hunt mice in the dark forest.\n\n"
				   "Bakers knead dough for bread before dawn.\n\nSailors read the stars above the ocean.";
	struct arena *a = arena_new();
	struct split_piece *p;

	ck_assert_uint_eq(split(a, text, (struct split_rules){ .size = 60, .overlap = 10 }, &p), 4);
	ck_assert_str_eq(p[2].text, "Bakers knead dough for bread before dawn.");
	ck_assert_int_eq(p[0].start, 0);
	ck_assert_int_eq(p[1].start, 41);
	ck_assert_int_eq(p[2].start, 77);
	ck_assert_int_eq(p[3].start, 120);
	arena_free(a);
}
END_TEST

START_TEST(by_words_with_overlap)
{
	struct arena *a = arena_new();
	struct split_piece *p;

	ck_assert_uint_eq(split(a, "one two three four five", (struct split_rules){ .size = 10, .overlap = 5 }, &p), 3);
	ck_assert_str_eq(p[0].text, "one two");
	ck_assert_str_eq(p[1].text, "two three");
	ck_assert_str_eq(p[2].text, "four five");
	arena_free(a);
}
END_TEST

START_TEST(anywhere_between_characters)
{
	struct arena *a = arena_new();
	struct split_piece *p;

	ck_assert_uint_eq(split(a, "äöüßäöüß", (struct split_rules){ .size = 3 }, &p), 3);
	ck_assert_str_eq(p[0].text, "äöü");
	ck_assert_str_eq(p[2].text, "üß");
	ck_assert_int_eq(p[2].start, 6);
	arena_free(a);
}
END_TEST

START_TEST(below_headings)
{
	static const char text[] = "# Alpha\n\nFirst part about comets.\n\n## Beta\n\nSecond part about rivers.\n\n"
				   "### Gamma\n\nThird part about clocks.\n\n# Delta\n\nFourth about lamps.";
	struct split_rules rules = { .headings = true, .size = 200 };
	struct arena *a = arena_new();
	struct split_piece *p;

	ck_assert_uint_eq(split(a, text, rules, &p), 4);
	ck_assert_str_eq(p[0].text, "# Alpha  \nFirst part about comets.");
	ck_assert_str_eq(p[1].text, "## Beta  \nSecond part about rivers.");
	ck_assert_int_eq(p[1].start, 0);
	rules.at_least = 60;
	ck_assert_uint_eq(split(a, text, rules, &p), 2);
	ck_assert_str_eq(p[0].text, "# Alpha  \nFirst part about comets.\n\n## Beta  \nSecond part about rivers.");
	rules.at_least = 0;
	ck_assert_uint_eq(split(a, "# A\n## B\ntext\n```\n# no heading\n\n```\n", rules, &p), 1);
	ck_assert_str_eq(p[0].text, "# A  \n## B\ntext\n```\n# no heading\n\n```");
	arena_free(a);
}
END_TEST

START_TEST(nothing_and_much)
{
	struct arena *a = arena_new();
	char *text = arena_alloc(a, 1000001);
	struct split_piece *p;

	ck_assert_uint_eq(split(a, "", (struct split_rules){ .size = 10 }, &p), 0);
	ck_assert_uint_eq(split(a, " \n\n ", (struct split_rules){ .size = 10, .headings = true }, &p), 0);
	memset(text, 'x', 1000000);
	ck_assert_uint_eq(split(a, text, (struct split_rules){ .size = 1000, .overlap = 100 }, &p), 1111);
	arena_free(a);
}
END_TEST

UNIT_MAIN("split", by_paragraphs, by_words_with_overlap, anywhere_between_characters, below_headings, nothing_and_much)
