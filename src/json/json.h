#ifndef OW_JSON_H
#define OW_JSON_H

/*
 * json - json-c behind an arena.
 *
 * A tree belongs to the arena it was parsed into; readers never put or get
 * references.  Getters accept NULL and values of another type and then give
 * their default, so a chain of look-ups needs one check at its end.
 *
 * Limits: depth JSON_MAX_DEPTH; the caller bounds the text.  Source: RFC 8259.
 */

#include <json-c/json.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum { JSON_MAX_DEPTH = 200 };

/* Parse all of the text; NULL with a static text in *err when it is not JSON, and NULL with *err NULL
 * for the document `null` (json-c has no object for it).  `err` itself may be NULL. */
struct json_object *json_parse(struct arena *a, const char *s, size_t n, const char **err);

/* As json_parse(); *at is the place of the fault, in characters from the start, where Python's
 * parser would name it: clients of the reference see that number in its 422 answers. */
struct json_object *json_parse_at(struct arena *a, const char *s, size_t n, const char **err,
				  size_t *at);

/* As json_parse(), for text that we wrote or PostgreSQL gave: NULL also for NULL. */
struct json_object *json_parse_text(struct arena *a, const char *s);

/* Tie a reference to the arena, and give it back for convenience. */
struct json_object *json_own(struct arena *a, struct json_object *o);

/* New trees that go with the arena. */
struct json_object *json_new_object(struct arena *a);
struct json_object *json_new_array(struct arena *a);

/* A value that is JSON text and is written as it stands, for what is large and is not looked into: a tree takes many
 * times its text.  The getters see a number.  json_opened() gives the tree of such a value, others as they are. */
struct json_object *json_new_raw(const char *text);
struct json_object *json_opened(struct arena *a, struct json_object *o);

/* Members: NULL when absent or when `o` is no object.  A JSON null gives NULL too: see json_has(). */
struct json_object *json_get(struct json_object *o, const char *key);
bool json_has(struct json_object *o, const char *key);
/* Follow a dotted path of object keys and array indexes: "choices.0.delta". */
struct json_object *json_at(struct json_object *o, const char *path);
const char *json_text(struct json_object *o, const char *key, const char *def);
int64_t json_i64(struct json_object *o, const char *key, int64_t def);
bool json_flag(struct json_object *o, const char *key, bool def);
bool json_is(struct json_object *o, enum json_type type);	/* false for NULL */
size_t json_len(struct json_object *array);
struct json_object *json_item(struct json_object *array, size_t i);
const char *json_str(struct json_object *o);		/* of a string, else NULL */
bool json_str_has_nul(struct json_object *o);		/* a string whose C string is not the whole of it */

/*
 * The members of an object, in their order: json-c's own loop reads through a null pointer when `o` is
 * something else, which a client decides; this one then finds none.  The member at hand may be deleted.
 */
struct lh_entry *json_first(struct json_object *o);
#undef json_object_object_foreach
#define json_object_object_foreach(o, k, v)                                                        \
	const char *k = NULL;                                                                      \
	struct json_object *v __attribute__((unused)) = NULL;                                      \
	for (struct lh_entry *at_##k = json_first(o), *after_##k = NULL;                           \
	     at_##k && (k = lh_entry_k(at_##k), v = (struct json_object *)lh_entry_v(at_##k),      \
			after_##k = lh_entry_next(at_##k), true);                                  \
	     at_##k = after_##k)

/* How many members; 0 for what is no object, where json-c's own aborts. */
int json_members(struct json_object *o);
#define json_object_object_length(o) json_members(o)

/* Append to an array; `v` is taken over.  json-c's own aborts when `list` is something else. */
void json_push(struct json_object *list, struct json_object *v);
#define json_object_array_add(list, v) json_push(list, v)

/* Set a member; `v` is taken over (NULL stores null).  Nothing happens when `o` is no object. */
void json_set(struct json_object *o, const char *key, struct json_object *v);
void json_set_text(struct json_object *o, const char *key, const char *v);	/* NULL: null */
void json_set_i64(struct json_object *o, const char *key, int64_t v);
void json_set_bool(struct json_object *o, const char *key, bool v);
void json_del(struct json_object *o, const char *key);
/* A further reference to `v`, to be stored in a second tree. */
struct json_object *json_ref(struct json_object *v);
/* A deep copy that goes with the arena. */
struct json_object *json_copy(struct arena *a, struct json_object *v);

/* Compact text; it lives as long as the tree and is overwritten by the next call on it. */
const char *json_print(struct json_object *o);
/* Compact text appended to a buffer. */
void json_write(struct buf *b, struct json_object *o);

/* Is there an escaped or literal NUL in the JSON text? (json columns keep them, text cannot.) */
bool json_has_nul(const char *s, size_t n);
/* Is there an escape of half a character (a surrogate without its other half)? */
bool json_has_half(const char *s, size_t n);
/* Copy of JSON text without \u0000 escapes and lone surrogates; the same pointer when it has none. */
const char *json_strip_nul(struct arena *a, const char *s, size_t n);

#endif
