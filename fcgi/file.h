#ifndef OW_FCGI_FILE_H
#define OW_FCGI_FILE_H

/*
 * file - answer with a file of a folder.
 *
 * The path is resolved beneath `root` (no "..", no way out by a symbolic link); only regular files
 * are sent.  With OWUI_ACCEL_PREFIX the web server sends the bytes itself
 * (X-Accel-Redirect to <prefix><absolute path>); else they are copied, ranges not supported.
 */

#include "fcgi/request.h"

enum file_flag {
	FILE_ATTACH = 1 << 0,		/* Content-Disposition: attachment unless an image, audio or video */
	FILE_NO_CACHE = 1 << 1,		/* Cache-Control: no-cache */
};

/* False when there is no such file: nothing has been answered. */
bool file_send(struct req *r, const char *root, const char *path, unsigned flags);

/* The media type of a file name, as the web's, "application/octet-stream" when unknown. */
const char *file_type(const char *name);

/* The folder of the web UI (OWUI_WEB_DIR), "" when there is none. */
const char *file_web_dir(void);

#endif
