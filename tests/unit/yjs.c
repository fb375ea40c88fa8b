#include "unit.h"
#include "note/yjs.h"

static struct str bytes(struct arena *a, const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *out = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++) {
		unsigned v = 0;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (char)v;
	}
	return (struct str){ out, n };
}

static const char *merged(struct arena *a, const char *const *hex, size_t n)
{
	struct buf *out = buf_in(a, 0), *text = buf_in(a, 0);
	struct str updates[4];

	for (size_t i = 0; i < n; i++)
		updates[i] = bytes(a, hex[i]);
	if (!yjs_merge(a, updates, n, out))
		return "(bad)";
	for (size_t i = 0; i < out->len; i++)
		buf_printf(text, "%02x", (unsigned char)out->data[i]);
	return buf_text(text);
}

/* Client 1 writes "ab" into the text "t", then "c" behind it; client 2 deletes "a". */
#define FIRST "010101000401017402616200"
#define SECOND "01010102840101016300"
#define WHOLE "01020100040101740261628401010163" "00"
#define DELETION "000101010001"

START_TEST(updates_are_put_together)
{
	struct arena *a = arena_new();
	const char *first[] = { FIRST }, *both[] = { FIRST, SECOND };
	const char *turned[] = { SECOND, FIRST }, *three[] = { FIRST, SECOND, DELETION };

	ck_assert_str_eq(merged(a, NULL, 0), "0000");
	ck_assert_str_eq(merged(a, first, 1), FIRST);
	ck_assert_str_eq(merged(a, both, 2), WHOLE);
	ck_assert_str_eq(merged(a, turned, 2), WHOLE);
	ck_assert_str_eq(merged(a, three, 3), "010201000401017402616284010101630101010001");
	arena_free(a);
}
END_TEST

START_TEST(overlaps_count_once_and_gaps_are_said)
{
	struct arena *a = arena_new();
	/* The second one holds "abc" as one struct: only its end is new. */
	const char *overlap[] = { FIRST, "01010100040101740361626300" };
	/* "c" without what it follows. */
	const char *gap[] = { "0101010004010174016100", SECOND };

	ck_assert_str_eq(merged(a, overlap, 2), "01010100040101740361626300");
	ck_assert(!yjs_valid(a, bytes(a, "010101000401017401610000")));	/* a byte too many */
	ck_assert_str_eq(merged(a, gap, 2), "0103010004010174" "01610a01" "8401010163" "00");
	arena_free(a);
}
END_TEST

START_TEST(what_does_not_decode_is_refused)
{
	static const char *const bad[] = { "", "01", "0101", "010101000401017402616", "01010100040101740261",
		"01010100ff", "ffffffffffffffffffff01", "0101010004010174026162", "000101ff", "01010100080101740175757575",
		"0101010000" "00" };
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!yjs_valid(a, bytes(a, bad[i])), "%s", bad[i]);
	ck_assert(yjs_valid(a, bytes(a, "0000")));
	arena_free(a);
}
END_TEST

UNIT_MAIN("yjs", updates_are_put_together, overlaps_count_once_and_gaps_are_said, what_does_not_decode_is_refused)
