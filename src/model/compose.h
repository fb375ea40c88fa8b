#ifndef OW_MODEL_COMPOSE_H
#define OW_MODEL_COMPOSE_H

/* compose - put the list of models together: providers, arena, rows, defaults, order. */

#include "model/catalog.h"

struct rows;

/* `base`: the providers' list as JSON text; `rows`: those of Q_MODEL_ROWS.  All goes to the arena. */
void catalog_compose(struct arena *a, const struct config *c, const char *base, const struct rows *rows,
		     struct catalog *out);

#endif
