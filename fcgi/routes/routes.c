/* routes - the list of route tables; a new table is declared and added here. */

#include "fcgi/router.h"

const struct route *const route_tables[] = {
	NULL,
};
