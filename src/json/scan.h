#ifndef OW_JSON_SCAN_H
#define OW_JSON_SCAN_H

/*
 * scan - read JSON text in place, without building a tree.
 *
 * For what passes through by the thousand: stream chunks and stored chats.
 * Values are slices of the text as written.  The scanner checks structure and
 * strings' ends, not every detail of a number: use json_parse() for what comes
 * from a client and is stored.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum json_tok {
	JT_END, JT_ERROR, JT_OBJECT, JT_OBJECT_END, JT_ARRAY, JT_ARRAY_END,
	JT_KEY, JT_STRING, JT_NUMBER, JT_TRUE, JT_FALSE, JT_NULL,
};

struct json_scan {
	const char *p, *end;
	int depth;
	bool key_next;			/* inside an object, before a key */
	uint64_t in_object[4];		/* a bit per depth: object or array */
};

void json_scan_init(struct json_scan *s, struct str text);

/* The next token; *raw (may be NULL) is its text: strings and keys with their quotes. */
enum json_tok json_scan_next(struct json_scan *s, struct str *raw);

/* Read one whole value (scalar, object or array); *raw is its text. False at an end or error. */
bool json_scan_value(struct json_scan *s, struct str *raw);

/* The value of `key` in the object text `object`; false when absent or no object. */
bool json_find(struct str object, const char *key, struct str *raw);

/* Follow a dotted path of keys and indexes: json_find_at(chunk, "choices.0.delta.content", &v). */
bool json_find_at(struct str doc, const char *path, struct str *raw);

/* Iterate over members of an object text: start with *at = NULL. */
bool json_each(struct str object, const char **at, struct str *key, struct str *value);
/* Iterate over items of an array text. */
bool json_each_item(struct str array, const char **at, struct str *value);

/* Is the raw value a string / the literal null? */
bool json_raw_is_string(struct str raw);
bool json_raw_is_null(struct str raw);

/* Unescape a raw string (with quotes) into the arena / a buffer; NULL/false when it is none. */
char *json_raw_text(struct arena *a, struct str raw);
bool json_raw_unescape(struct buf *out, struct str raw);

/* Raw key or string equals plain ASCII text without escapes? */
bool json_raw_eq(struct str raw, const char *text);

#endif
