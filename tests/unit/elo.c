#include "unit.h"
#include "evaluation/elo.h"

static const char *ranking(struct arena *a, struct elo *e)
{
	struct buf *out = buf_in(a, 0);

	elo_write(e, out);
	return buf_text(out);
}

START_TEST(nobody_voted)
{
	struct arena *a = arena_new();
	struct elo *e = elo_new(a);

	elo_tags(e, "quiet", "[\"t\"]");
	ck_assert_str_eq(ranking(a, e), "[]");
	arena_free(a);
}
END_TEST

/* A beats B (1016 : 984), then C: 16 points times the odds that it had left. */
START_TEST(votes_move_ratings)
{
	struct arena *a = arena_new();
	struct elo *e = elo_new(a);

	elo_vote(e, "A", true, "[\"B\",\"C\"]", 1);
	elo_vote(e, "D", false, "[\"E\", 7]", 1);
	elo_vote(e, "X", true, "[]", 1);
	elo_vote(e, "X", true, NULL, 1);
	elo_tags(e, "A", "[\"one\",\"two\",\"two\"]");
	ck_assert_str_eq(ranking(a, e),
		"[{\"model_id\":\"A\",\"rating\":1031,\"won\":2,\"lost\":0,\"count\":2,\"top_tags\":"
		"[{\"tag\":\"two\",\"count\":2},{\"tag\":\"one\",\"count\":1}]},"
		"{\"model_id\":\"E\",\"rating\":1016,\"won\":1,\"lost\":0,\"count\":1,\"top_tags\":[]},"
		"{\"model_id\":\"C\",\"rating\":985,\"won\":0,\"lost\":1,\"count\":1,\"top_tags\":[]},"
		"{\"model_id\":\"B\",\"rating\":984,\"won\":0,\"lost\":1,\"count\":1,\"top_tags\":[]},"
		"{\"model_id\":\"D\",\"rating\":984,\"won\":0,\"lost\":1,\"count\":1,\"top_tags\":[]}]");
	arena_free(a);
}
END_TEST

START_TEST(weight_and_top_tags)
{
	struct arena *a = arena_new();
	struct elo *e = elo_new(a);

	elo_vote(e, "A", true, "[\"B\"]", 0);
	elo_tags(e, "A", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"f\",\"b\"]");
	ck_assert_str_eq(ranking(a, e),
		"[{\"model_id\":\"A\",\"rating\":1000,\"won\":1,\"lost\":0,\"count\":1,\"top_tags\":"
		"[{\"tag\":\"b\",\"count\":2},{\"tag\":\"f\",\"count\":2},{\"tag\":\"a\",\"count\":1},"
		"{\"tag\":\"c\",\"count\":1},{\"tag\":\"d\",\"count\":1}]},"
		"{\"model_id\":\"B\",\"rating\":1000,\"won\":0,\"lost\":1,\"count\":1,\"top_tags\":[]}]");
	arena_free(a);
}
END_TEST

UNIT_MAIN("elo", nobody_voted, votes_move_ratings, weight_and_top_tags)
