/* routes - the list of route tables; a new table gets a line in tables.h. */

#include "fcgi/router.h"

#define X(table) extern const struct route table[];
#include "fcgi/routes/tables.h"
#undef X

#define X(table) table,
const struct route *const route_tables[] = {
#include "fcgi/routes/tables.h"
	NULL
};
