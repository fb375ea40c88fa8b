#ifndef OW_SCHEMA_H
#define OW_SCHEMA_H

/*
 * schema - check JSON bodies and query parameters against static field tables
 * and describe every fault as FastAPI/Pydantic does (HTTP 422).
 *
 *	static const struct field folder_form[] = {
 *		{ "name",      T_STR,           F_REQUIRED },
 *		{ "data",      T_DICT | T_NULL },
 *		{ "tags",      T_LIST,          0, .item = &(struct field){ "", T_STR } },
 *		{ "meta",      T_MODEL | T_NULL, 0, .sub = meta_form },
 *		SCHEMA_END
 *	};
 *
 * Coercion is Pydantic's lax mode: "5" and 5.0 are an int, "yes"/"true"/1 a bool, 5 and "5.5"
 * a float; a str is only a str.  The coerced value replaces the given one in the tree.
 * Order: faults come out in table order.  Unknown keys are ignored unless SCHEMA_STRICT.
 * Source: tests/contract/openapi.json and recorded answers.
 */

#include "json/json.h"

enum field_type {
	T_STR = 1 << 0,
	T_INT = 1 << 1,
	T_FLOAT = 1 << 2,
	T_BOOL = 1 << 3,
	T_DICT = 1 << 4,	/* any object */
	T_LIST = 1 << 5,	/* of `item`, or of anything */
	T_MODEL = 1 << 6,	/* an object with the fields of `sub` */
	T_NULL = 1 << 7,	/* null is also accepted */
	T_ANY = 1 << 8,
	T_FILE = 1 << 9,	/* a multipart file */
};

enum {
	F_REQUIRED = 1,
	F_FORBID_EXTRA = 2,
	F_KEEP_NULL = 4,	/* of a setting: null leaves it as it is */
	F_STRICT = 8,		/* no coercion */
	F_GET_ONLY = 16,	/* of a setting: not in the answer of a POST */
	F_BEFORE = 32,		/* fault() sees the value whatever its type, and before anything else */
};

struct field {
	const char *name;
	unsigned type;			/* enum field_type bits */
	unsigned flags;
	const struct field *sub;	/* fields of a T_MODEL */
	const struct field *item;	/* what a T_LIST holds, or a T_DICT's values */
	const char *choices;		/* allowed texts, "a|b"; NULL: any */
	const char *def;		/* JSON text put in when absent; NULL: nothing is put in */
	/* Bounds of a number ("ge"/"le"; "gt" for a minimum written ">0") or of a list's or text's length. */
	const char *min, *max;
	/* A check of one's own for a value of the right type: what is wrong ("value_error"), NULL: fits. */
	const char *(*fault)(struct json_object *v);
	bool (*pattern)(const char *s);	/* does a text fit ("string_pattern_mismatch")? NULL: any does */
	const char *config;		/* the setting that this field stands for: fcgi/settings.h */
};

/* What a list of texts holds. */
extern const struct field text_item;

#define SCHEMA_END		{ NULL, 0, 0 }
#define SCHEMA_END_STRICT	{ NULL, 0, F_FORBID_EXTRA }

/* Check the tree at `body` (may be NULL: no body was sent) against the table; faults are added to
 * `faults` (a JSON array) with the given first element of loc ("body").  True when it fits. */
bool schema_check(const struct field *table, struct json_object *body, const char *where,
		  struct json_object *faults);

/* Add one fault: {type, loc, msg, input[, ctx]}; `key` may be NULL. */
void schema_fault(struct json_object *faults, const char *type, const char *where, const char *key,
		  const char *msg, struct json_object *input);

#endif
