#ifndef OW_JSON_SPLICE_H
#define OW_JSON_SPLICE_H

/*
 * splice - change members of an object's text without building a tree.
 *
 * The object is written as it stands, but for the members named in a short list: they get another
 * value in their place, are left out, or are appended when the object has none.
 *
 * Source: RFC 8259; of a key that stands twice the first one counts here, the others are dropped.
 */

#include "json/scan.h"

struct json_change {
	const char *key;	/* plain ASCII, nothing to escape */
	struct str value;	/* raw JSON; { NULL, 0 } leaves the member out */
	bool only_present;	/* change it where it stands, do not append it */
	bool done;		/* used by json_splice() */
};

enum { JSON_CHANGES_MAX = 32 };

/* Append `object` to `out` with `n` (at most JSON_CHANGES_MAX) changes. */
void json_splice(struct buf *out, struct str object, struct json_change *changes, size_t n);

/* Append a member to an object that is being written: the comma, the key, the colon. */
void json_member(struct buf *out, const char *key);

#endif
