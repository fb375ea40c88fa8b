#ifndef OW_CONFIG_SEED_H
#define OW_CONFIG_SEED_H

/* seed - what a setting is when the table has no row for it: environment, else default. */

#include "config/config.h"

/* The value of one key, a tree of the arena. */
struct json_object *config_seed_value(struct arena *a, const struct config_def *def);

/* All keys that are persisted: { "dotted.key": value, ... }. */
struct json_object *config_seed_all(struct arena *a);

/* Is this key kept in the table at all? (oauth.* only with ENABLE_OAUTH_PERSISTENT_CONFIG.) */
bool config_is_persisted(const struct config_def *def);

#endif
