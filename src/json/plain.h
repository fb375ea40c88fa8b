#ifndef OW_JSON_PLAIN_H
#define OW_JSON_PLAIN_H

/*
 * plain - big texts from clients, checked without a tree.
 *
 * A text that passes json_plain() is complete and strict JSON (RFC 8259) in good UTF-8, no deeper
 * than JSON_MAX_DEPTH, and none of its keys holds an escape: its members can be told apart by their
 * raw names, and PostgreSQL takes it as it is, but for NUL escapes (json_strip_nul()).
 */

#include "json/json.h"

bool json_plain(const char *s, size_t n);

/* The top level of a text that passed: scalars as they are, objects and lists empty. */
struct json_object *json_shallow(struct arena *a, struct str text);

#endif
