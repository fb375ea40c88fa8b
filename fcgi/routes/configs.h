#ifndef OW_ROUTES_CONFIGS_H
#define OW_ROUTES_CONFIGS_H

/* configs - forms that the settings and the trying out of connections share. */

#include "fcgi/schema.h"

extern const struct field tool_server_form[], terminal_server_form[];

#endif
