#include "auth/fernet.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

enum { FERNET_VERSION = 0x80, HEAD = 1 + 8 + 16, MAC = 32, BLOCK = 16, KEY_TEXT = 44 };

bool fernet_key(struct fernet *f, const char *text)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct arena *a;
	size_t n = 0;
	char *raw;
	bool good;

	if (strlen(text) != KEY_TEXT) {
		EVP_Digest(text, strlen(text), sum, NULL, EVP_sha256(), NULL);
		memcpy(f, sum, sizeof(*f));
		return true;
	}
	a = arena_new();
	raw = base64url_decode(a, text, KEY_TEXT, &n);
	good = raw && n == sizeof(*f);
	if (good)
		memcpy(f, raw, sizeof(*f));
	arena_free(a);
	return good;
}

static void mac_of(const struct fernet *f, const unsigned char *p, size_t n, unsigned char out[MAC])
{
	unsigned len = MAC;

	if (!HMAC(EVP_sha256(), f->sign, sizeof(f->sign), p, n, out, &len))
		abort();
}

char *fernet_seal(struct arena *a, const struct fernet *f, const char *text, size_t n)
{
	unsigned char *raw = arena_alloc(a, HEAD + n + BLOCK + MAC);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint64_t now = (uint64_t)time_s();
	struct buf *b = buf_in(a, 0);
	int len = 0, tail = 0;
	size_t total;

	raw[0] = FERNET_VERSION;
	for (int i = 0; i < 8; i++)
		raw[1 + i] = (unsigned char)(now >> (56 - 8 * i));
	rand_bytes(raw + 9, BLOCK);
	if (!ctx || EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, f->crypt, raw + 9) != 1 ||
	    EVP_EncryptUpdate(ctx, raw + HEAD, &len, (const unsigned char *)text, (int)n) != 1 ||
	    EVP_EncryptFinal_ex(ctx, raw + HEAD + len, &tail) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	total = HEAD + (size_t)(len + tail);
	mac_of(f, raw, total, raw + total);
	base64url_encode(b, raw, total + MAC);
	while (b->len % 4)
		buf_addc(b, '=');
	return b->data;
}

char *fernet_open(struct arena *a, const struct fernet *f, const char *token, size_t *n)
{
	unsigned char mac[MAC], *raw, *out;
	EVP_CIPHER_CTX *ctx;
	int len = 0, tail = 0;
	size_t total = 0, body;
	bool good;

	if (text_empty(token) || strlen(token) > 2 * FERNET_MAX_BYTES)
		return NULL;
	raw = (unsigned char *)base64url_decode(a, token, strlen(token), &total);
	if (!raw || total < HEAD + BLOCK + MAC || raw[0] != FERNET_VERSION)
		return NULL;
	body = total - MAC;
	mac_of(f, raw, body, mac);
	if (CRYPTO_memcmp(mac, raw + body, MAC) != 0)
		return NULL;
	out = arena_alloc(a, body + BLOCK + 1);
	ctx = EVP_CIPHER_CTX_new();
	good = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, f->crypt, raw + 9) == 1 &&
	       EVP_DecryptUpdate(ctx, out, &len, raw + HEAD, (int)(body - HEAD)) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + len, &tail) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!good)
		return NULL;
	*n = (size_t)(len + tail);
	out[*n] = '\0';
	return (char *)out;
}
