#ifndef OW_ROUTES_OAUTH_H
#define OW_ROUTES_OAUTH_H

/* oauth - what the ways to providers and to tool servers share. */

#include "fcgi/request.h"

/* The address of the web UI, without a slash at its end: webui.url, else that of the request. */
const char *oauth_webui_url(struct req *r);

/* The cookie that ties what begins here to this browser; one that it has is kept, so that several tabs may
 * sign in. */
const char *oauth_browser(struct req *r);

/* code, state, error, error_description. */
extern const struct field oauth_callback_query[];

#endif
