#ifndef OW_CONFIG_APP_H
#define OW_CONFIG_APP_H

/*
 * app - what a browser is told of the settings: the texts of /api/config.
 *
 * Made once for a snapshot of the settings, so that an answer costs no more than its copying.
 */

#include "config/config.h"

enum app_viewer {
	APP_ANON,		/* nobody is signed in */
	APP_OTHER,		/* an account with a role of its own */
	APP_PENDING,
	APP_USER,		/* role user or admin */
};

struct config_derived config_app(const struct config *c, enum app_viewer viewer);

/* The text for APP_USER with the group's default models (ids joined by commas) in their place. */
const char *config_app_with_models(struct arena *a, const struct config *c, const char *models);

/* WEBUI_NAME as it is shown: other names than the reference's carry its name behind. */
const char *config_app_name(void);

#endif
