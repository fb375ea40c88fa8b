#include "auth/qr.h"

#include <qrencode.h>

#include "base/buf.h"

enum { QUIET_ZONE = 4 };	/* modules of white around the code, as the standard asks */

/* Dark modules of a row as one stroke each run. */
static void draw_row(struct buf *b, const unsigned char *row, int width, int y)
{
	for (int x = 0; x < width;) {
		int end = x;

		while (end < width && (row[end] & 1))
			end++;
		if (end > x)
			buf_printf(b, "M%d %dh%dv1h-%dz", x + QUIET_ZONE, y + QUIET_ZONE, end - x, end - x);
		x = end > x ? end : x + 1;
	}
}

char *qr_svg(struct arena *a, const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	struct buf *b = buf_in(a, 0);
	int size;

	if (!code)
		return NULL;
	size = code->width + 2 * QUIET_ZONE;
	buf_printf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%dmm\" "
		   "height=\"%dmm\"><rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
		   size, size, size, size);
	for (int y = 0; y < code->width; y++)
		draw_row(b, code->data + (size_t)y * (size_t)code->width, code->width, y);
	buf_adds(b, "\"/></svg>");
	QRcode_free(code);
	return b->data;
}
