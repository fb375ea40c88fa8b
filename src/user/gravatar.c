#include "user/gravatar.h"

#include <ctype.h>
#include <openssl/evp.h>

#include "base/buf.h"

const char *gravatar_url(struct arena *a, const char *email)
{
	struct str trimmed = str_trim(str_of(email));
	char *name = arena_strndup(a, trimmed.p ? trimmed.p : "", trimmed.n);
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;

	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	EVP_Digest(name, trimmed.n, sum, &n, EVP_sha256(), NULL);
	buf_adds(b, "https://www.gravatar.com/avatar/");
	for (unsigned i = 0; i < n; i++)
		buf_printf(b, "%02x", sum[i]);
	buf_adds(b, "?d=mp");
	return b->data;
}
