#ifndef OW_TURN_IMAGES_H
#define OW_TURN_IMAGES_H

/*
 * images - pictures in messages, by value: a provider cannot reach our files, and must not be sent to
 * addresses that a user named.
 *
 * A picture is a data: address already, an address of the open internet (fetched here, once, without
 * redirects), or a stored file that the account may read (by its id or its address
 * /api/v1/files/<id>/content; from DATA_DIR/uploads).  One that cannot be had stays as it is.
 * Limits: IMAGE_MAX bytes each, or rag.file.max_size (MiB) when that is less; IMAGES_MAX in a request.
 */

#include "turn/turn.h"

enum { IMAGE_MAX = 32 * 1024 * 1024, IMAGES_MAX = 100 };

/* A step of the preparation. */
bool images_inline(struct turn *t);

/* One picture as a data: address in the arena; NULL: it cannot be had. */
const char *image_data_url(struct arena *a, const struct config *c, const struct user *u, const char *url);

#endif
