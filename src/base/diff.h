#ifndef OW_DIFF_H
#define OW_DIFF_H

/*
 * diff - what changed between two texts, line by line.
 *
 * Matching lines are found as Python's difflib finds them (Ratcliff and Obershelp: the longest common
 * run first, then the same to its left and right; in texts of 200 lines and more, lines that make up
 * over a hundredth of the new text do not begin a run), so that clients see the hunks that they know.
 * Texts that would take longer than DIFF_MAX_STEPS are compared less finely: the rest counts as
 * replaced.
 */

#include "base/arena.h"
#include "base/str.h"

enum { DIFF_CONTEXT = 3, DIFF_MAX_STEPS = 20 * 1000 * 1000 };

/* Cut a text into lines, without their ends, where Python's str.splitlines() does; how many. */
size_t diff_lines(struct arena *a, struct str text, struct str **out);

/* The lines of a unified diff without line ends, "--- <old_name>" first; 0 when no line differs.
 * `out` and its texts live in the arena. */
size_t diff_unified(struct arena *a, struct str old_text, struct str new_text, const char *old_name,
		    const char *new_name, struct str **out);

#endif
