#ifndef OW_OAUTH_PICTURE_H
#define OW_OAUTH_PICTURE_H

/* picture - a profile picture that a provider names, as data URI. */

#include "base/arena.h"

enum { PICTURE_MAX_BYTES = 1024 * 1024, PICTURE_TIMEOUT_MS = 10000 };

/* Fetch it, from the open internet only, with the access token (NULL: without); "/user.png" when there is none or
 * it is no picture that may be shown. */
const char *oauth_picture(struct arena *a, const char *url, const char *access_token);

#endif
