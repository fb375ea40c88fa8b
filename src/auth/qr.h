#ifndef OW_AUTH_QR_H
#define OW_AUTH_QR_H

/* qr - a text as a QR code (ISO/IEC 18004), drawn as SVG. */

#include "base/arena.h"

/* The SVG; NULL when the text is longer than a code holds. */
char *qr_svg(struct arena *a, const char *text);

#endif
