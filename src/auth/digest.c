#include "auth/digest.h"

#include <openssl/evp.h>

#include "base/buf.h"

char *text_digest(struct arena *a, const char *text)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;

	EVP_Digest(text, strlen(text), sum, &n, EVP_sha256(), NULL);
	for (unsigned i = 0; i < n; i++)
		buf_printf(b, "%02x", sum[i]);
	return b->data;
}
