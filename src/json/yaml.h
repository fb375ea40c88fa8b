#ifndef OW_JSON_YAML_H
#define OW_JSON_YAML_H

/*
 * yaml - YAML documents as JSON trees, by libyaml.
 *
 * The first document of the text.  Plain scalars are typed by the rules of YAML 1.1 as far as JSON knows
 * the types (null, bool, int, float), the rest are texts; aliases and merge keys ("<<") are followed.
 *
 * Limits: JSON_MAX_DEPTH, YAML_MAX_NODES with all aliases followed (a text of 64 bytes counts as one more);
 * the caller bounds the text.
 */

#include "json/json.h"

enum { YAML_MAX_NODES = 200000 };

/* NULL with a text in *err (may be NULL) when it is not YAML, or holds nothing but a null. */
struct json_object *yaml_parse(struct arena *a, const char *s, size_t n, const char **err);

#endif
