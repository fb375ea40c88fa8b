#ifndef OW_SCIM_FILTER_H
#define OW_SCIM_FILTER_H

/*
 * filter - what the `filter` parameter of a SCIM list asks for.
 *
 * Understood is one comparison, `attribute eq "text"`, on the attributes that the caller names; a schema
 * URN before the name is skipped.  Everything else is no restriction, as in the reference.  The text
 * becomes a parameter of a statement, never a part of one.
 * Source: RFC 7644, 3.4.2.2; RFC 8259 for the text.
 */

#include "base/arena.h"

enum { SCIM_FILTER_MAX = 4096 };	/* bytes of a filter */

/* 1: *attr is one of `attrs` (ends with NULL), *value the text.  0: no restriction.  -1: one of the
 * attributes is compared with something that is no text, or the filter is too long. */
int scim_filter(struct arena *a, const char *filter, const char *const *attrs, const char **attr,
		const char **value);

#endif
