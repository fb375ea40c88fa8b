#ifndef OW_ELO_H
#define OW_ELO_H

/*
 * elo - which models do people like better?
 *
 * A vote says that one model won or lost against others; each pair moves both ratings (start 1000, K 32),
 * in the order in which the votes are added.
 *
 * Source: contract/notes-workspace.md, "Feedback"; Arpad Elo's formula with 400 points for odds of 10:1.
 */

#include "base/buf.h"

enum { ELO_TOP_TAGS = 5 };

struct elo;

/* An empty table; it goes with the arena. */
struct elo *elo_new(struct arena *a);

/* One vote: the model won or lost against each of `opponents`, a JSON array of ids (other items are
 * passed over).  `weight` is 1 for a vote that counts fully. */
void elo_vote(struct elo *e, const char *model, bool won, const char *opponents, double weight);

/* Count the tags (a JSON array of texts) of a conversation with the model. */
void elo_tags(struct elo *e, const char *model, const char *tags);

/* Append the ranking: [{ model_id, rating, won, lost, count, top_tags: [{ tag, count }] }], best first; models
 * without a vote are left out. */
void elo_write(struct elo *e, struct buf *out);

#endif
