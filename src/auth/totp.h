#ifndef OW_AUTH_TOTP_H
#define OW_AUTH_TOTP_H

/*
 * totp - one-time codes of authenticator apps: HMAC-SHA-1, six digits, a new one every 30 seconds.
 * Source: RFC 4226 (the code of a counter), RFC 6238 (the counter is the time).
 */

#include "base/arena.h"

enum { TOTP_PERIOD_S = 30, TOTP_DIGITS = 6, TOTP_KEY_BYTES = 20 };

/* The code of a counter: a number of at most six digits. */
uint32_t hotp_code(const unsigned char *key, size_t n, uint64_t counter);

/* A new key, in base32. */
char *totp_new_key(struct arena *a);

/*
 * The period (seconds since the epoch / 30) whose code this is: that of `now`, the one before or the one
 * after, and later than `last`, so that a code is good once.  -1: none of them.  All are compared, in
 * constant time.
 */
int64_t totp_match(const char *key, const char *code, int64_t last, int64_t now);

/* What the app reads from the picture: otpauth://totp/… */
char *totp_address(struct arena *a, const char *key, const char *account, const char *issuer);

#endif
