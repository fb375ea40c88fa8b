#include "auth/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base32.h"
#include "base/rand.h"
#include "base/str.h"

uint32_t hotp_code(const unsigned char *key, size_t n, uint64_t counter)
{
	unsigned char text[8], mac[EVP_MAX_MD_SIZE], *at;
	unsigned len = 0;

	for (int i = 0; i < 8; i++)
		text[i] = (unsigned char)(counter >> (56 - 8 * i));
	if (!HMAC(EVP_sha1(), key, (int)n, text, sizeof(text), mac, &len))
		abort();
	at = mac + (mac[len - 1] & 15);		/* RFC 4226, section 5.3 */
	return ((uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) %
	       1000000;
}

char *totp_new_key(struct arena *a)
{
	unsigned char raw[TOTP_KEY_BYTES];
	struct buf *b = buf_in(a, 0);

	rand_bytes(raw, sizeof(raw));
	base32_encode(b, raw, sizeof(raw));
	return b->data;
}

static bool six_digits(const char *code)
{
	return strlen(code) == TOTP_DIGITS && strspn(code, "0123456789") == TOTP_DIGITS;
}

int64_t totp_match(const char *key, const char *code, int64_t last, int64_t now)
{
	static const int shifts[] = { 0, -1, 1 };
	int64_t current = now / TOTP_PERIOD_S, found = -1;
	struct arena *a = arena_new();
	size_t n = 0;
	unsigned char *raw = six_digits(code) ? base32_decode(a, key, &n) : NULL;

	for (size_t i = 0; raw && i < ARRAY_SIZE(shifts); i++) {
		int64_t step = current + shifts[i];
		char good[TOTP_DIGITS + 1];

		snprintf(good, sizeof(good), "%06u", hotp_code(raw, n, (uint64_t)step) % 1000000);
		if (secret_eq(good, code) && step > last && found < 0)
			found = step;
	}
	arena_free(a);
	return found;
}

char *totp_address(struct arena *a, const char *key, const char *account, const char *issuer)
{
	struct buf *b = buf_in(a, 0);

	buf_adds(b, "otpauth://totp/");
	buf_uri(b, issuer);
	buf_addc(b, ':');
	buf_uri(b, account);
	buf_printf(b, "?secret=%s&issuer=", key);
	buf_uri(b, issuer);
	return b->data;
}
