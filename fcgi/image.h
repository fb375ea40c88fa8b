#ifndef OW_FCGI_IMAGE_H
#define OW_FCGI_IMAGE_H

/* image - pictures that are kept in a row as data: addresses. */

#include "fcgi/request.h"

/* Answer with the picture; false (nothing is answered) when it is none that may be shown. */
bool image_send_data(struct req *r, const char *url);

#endif
