#ifndef OW_ENV_H
#define OW_ENV_H

/*
 * env - settings from the environment and from owui.conf.
 *
 * owui.conf (path in OWUI_CONF, else SYSCONFDIR/owui/owui.conf when it exists)
 * holds NAME=value lines with the same names; the environment wins.  Call
 * env_load() once, before any thread starts.
 */

#include "base/base.h"

/* Read owui.conf into the environment; ends the process when OWUI_CONF cannot be read. */
void env_load(void);

/* The value, or `def` when it is absent.  An empty value counts as given. */
const char *env_str(const char *name, const char *def);

/* True for "true" in any case, as the reference reads its switches; `def` when absent. */
bool env_bool(const char *name, bool def);

/* A number within [min, max]; `def` (and a warning) when it is absent (or is none). */
int64_t env_int(const char *name, int64_t def, int64_t min, int64_t max);

#endif
