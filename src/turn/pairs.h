#ifndef OW_TURN_PAIRS_H
#define OW_TURN_PAIRS_H

/* pairs - calls of tools and what came of them belong together: providers refuse one without the other. */

#include "json/json.h"

/* The messages without calls that have no result right behind them, and without results of no call: a
 * new list. */
struct json_object *pairs_complete(struct arena *a, struct json_object *messages);

#endif
