#ifndef OW_APP_H
#define OW_APP_H

/*
 * app - external apps that an administrator installed: their addresses, keys and manifests.
 *
 * The app's API key is kept sealed as the reference seals it (Fernet, a key derived from WEBUI_SECRET_KEY).
 * Apps live on the open internet and speak HTTPS, but for the origins that APP_ALLOWED_PRIVATE_ORIGINS
 * names.  Source: contract/notes-workspace.md, "Apps".
 */

#include "json/json.h"

enum { APP_ANSWER_MAX = 256 * 1024, APP_TIMEOUT_MS = 10000 };

/* NULL, or why no app can be there. *private: it is one of the allowed origins. */
const char *app_url_fault(struct arena *a, const char *url, bool *private);

/* An Ed25519 public key in its one PEM form; NULL: it is none. */
const char *app_public_key(struct arena *a, const char *pem);

/* Is it a picture: a data address of one, or where one is? */
bool app_image_fits(const char *text);

/* NULL: WEBUI_SECRET_KEY is missing / it is not sealed with it. */
const char *app_seal(struct arena *a, const char *key);
const char *app_open(struct arena *a, const char *sealed);

/* Ask an app for its manifest.  NULL: *status and *detail for the client. */
struct json_object *app_manifest(struct arena *a, const char *url, const char *key, int *status,
				 const char **detail);

#endif
