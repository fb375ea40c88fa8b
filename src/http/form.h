#ifndef OW_HTTP_FORM_H
#define OW_HTTP_FORM_H

/* form - bodies and query strings in application/x-www-form-urlencoded. */

#include "base/arena.h"
#include "base/buf.h"

/* Append name=value, with & between fields; a NULL value adds nothing. */
void form_add(struct buf *b, const char *name, const char *value);

/* The value of the first field of that name, decoded; NULL when there is none or when it holds a NUL
 * or a broken escape. */
char *form_value(struct arena *a, struct str form, const char *name);

/* `url` with the fields of `form` behind its ? or &. */
char *url_with_query(struct arena *a, const char *url, const struct buf *form);

#endif
