#ifndef OW_AUTH_PASSWORD_H
#define OW_AUTH_PASSWORD_H

/*
 * password - hashes of passwords: bcrypt ($2b$, cost 12) by libcrypt.
 *
 * The hash decides how it is verified; only the first 72 bytes of a password count, as in bcrypt
 * itself, and new passwords may not be longer.  Hashing takes a quarter of a second of CPU: a few
 * run at a time, others wait, so that sign-ins cannot take all processors.
 */

#include "base/arena.h"

enum { PASSWORD_MAX = 72 };

/* A new hash. */
char *password_hash(struct arena *a, const char *password);

/* Does it fit?  With `hash` NULL the same work is done for nothing: false. */
bool password_verify(const char *password, const char *hash);

enum password_fault { PASSWORD_OK, PASSWORD_TOO_LONG, PASSWORD_TOO_WEAK };

/* May this be a new password?  ENABLE_PASSWORD_VALIDATION asks for PASSWORD_VALIDATION_REGEX_PATTERN. */
enum password_fault password_check(const char *password);

#endif
