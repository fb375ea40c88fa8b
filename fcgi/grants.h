#ifndef OW_FCGI_GRANTS_H
#define OW_FCGI_GRANTS_H

/* grants - the `access_grants` of a body. */

#include "fcgi/request.h"

/*
 * Those that the caller may give for a resource of `type`, as JSON for owui.grants_set().  Grants that it
 * may not give are left out, or with `strict` refused (403).  NULL: answered.
 */
const char *req_grants(struct req *r, const char *type, bool strict);

/* What a list of grants holds. */
extern const struct field grant_item;

#endif
