#include "fcgi/compress.h"

#include <brotli/encode.h>
#include <zstd.h>

/* Level 1 is as fast as memory allows and a third smaller than gzip's first. */
enum { ZSTD_LEVEL = 1, BROTLI_LEVEL = 4 };

static bool worth_it(const char *type)
{
	struct str rest = str_of(type), media = str_trim(str_split(&rest, ';'));

	return str_eq(media, "application/json") || str_starts(media, "text/") ||
	       str_eq(media, "application/xml") || str_eq(media, "image/svg+xml");
}

bool coding_accepted(const char *accept, const char *coding)
{
	struct str rest = str_of(accept);
	bool any = false;

	while (rest.n) {
		struct str weight = str_split(&rest, ','), name = str_trim(str_split(&weight, ';'));
		double q = 1;

		weight = str_trim(weight);
		if (str_starts(weight, "q=")) {
			char text[16];

			snprintf(text, sizeof(text), "%.*s", (int)weight.n - 2, weight.p + 2);
			if (!text_to_double(text, &q))
				q = 0;
		}
		if (name.n == strlen(coding) && strncasecmp(name.p, coding, name.n) == 0)
			return q > 0;
		any |= str_eq(name, "*") && q > 0;
	}
	return any;
}

static bool zstd(struct arena *a, const void **data, size_t *len)
{
	size_t room = ZSTD_compressBound(*len);
	char *out = arena_alloc(a, room);
	size_t n = ZSTD_compress(out, room, *data, *len, ZSTD_LEVEL);

	if (ZSTD_isError(n) || n >= *len)
		return false;
	*data = out;
	*len = n;
	return true;
}

static bool brotli(struct arena *a, const void **data, size_t *len)
{
	size_t room = BrotliEncoderMaxCompressedSize(*len);
	uint8_t *out = arena_alloc(a, room);

	if (!BrotliEncoderCompress(BROTLI_LEVEL, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, *len, *data, &room,
				   out) || room >= *len)
		return false;
	*data = out;
	*len = room;
	return true;
}

const char *compress_body(struct req *r, const char *type, const void **data, size_t *len)
{
	const char *accept = req_header(r, "Accept-Encoding");

	if (*len < COMPRESS_MIN || *len > COMPRESS_MAX || text_empty(accept) || !type || !worth_it(type))
		return NULL;
	if (coding_accepted(accept, "zstd"))
		return zstd(r->arena, data, len) ? "zstd" : NULL;
	if (coding_accepted(accept, "br"))
		return brotli(r->arena, data, len) ? "br" : NULL;
	return NULL;
}
