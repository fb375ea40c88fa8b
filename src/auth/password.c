#include "auth/password.h"

#include <crypt.h>
#include <pthread.h>
#include <regex.h>
#include <semaphore.h>

#include "base/env.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"

enum { COST = 12, SALT_BYTES = 16, AT_A_TIME = 2 };

static sem_t places;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_places(void)
{
	sem_init(&places, 0, AT_A_TIME);
}

/* bcrypt over at most 72 bytes; false when the setting is not one. */
static bool crypt_text(const char *password, const char *setting, char out[CRYPT_OUTPUT_SIZE])
{
	char cut[PASSWORD_MAX + 1];
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	char *hash;

	snprintf(cut, sizeof(cut), "%s", password);
	pthread_once(&once, make_places);
	while (sem_wait(&places) != 0)
		;
	hash = crypt_r(cut, setting, data);
	sem_post(&places);
	if (hash && hash[0] != '*')
		snprintf(out, CRYPT_OUTPUT_SIZE, "%s", hash);
	else
		hash = NULL;
	explicit_bzero(cut, sizeof(cut));
	explicit_bzero(data, sizeof(*data));
	free(data);
	return hash && out[0];
}

char *password_hash(struct arena *a, const char *password)
{
	char salt[SALT_BYTES], setting[CRYPT_GENSALT_OUTPUT_SIZE], out[CRYPT_OUTPUT_SIZE] = "";

	rand_bytes(salt, sizeof(salt));
	if (!crypt_gensalt_rn("$2b$", COST, salt, sizeof(salt), setting, sizeof(setting)) ||
	    !crypt_text(password, setting, out))
		abort();
	return arena_strdup(a, out);
}

bool password_verify(const char *password, const char *hash)
{
	/* Any hash will do: what counts is that nobody learns from the time which addresses exist. */
	static const char nobody[] = "$2b$12$abcdefghijklmnopqrstuuJ2sU0C0iYyI8Kr/0Q3L4m0oV6b1vXeW";
	char out[CRYPT_OUTPUT_SIZE] = "";

	if (text_empty(hash) || hash[0] != '$') {
		crypt_text(password, nobody, out);
		return false;
	}
	return crypt_text(password, hash, out) && strlen(out) == strlen(hash) &&
	       secret_eq(out, hash);
}

static bool matches_pattern(const char *password)
{
	const char *pattern = env_str("PASSWORD_VALIDATION_REGEX_PATTERN", "");
	regex_t re;
	bool fits;

	if (text_empty(pattern))	/* 8 characters with a lower, an upper, a digit and another one */
		return strlen(password) >= 8 && strpbrk(password, "abcdefghijklmnopqrstuvwxyz") &&
		       strpbrk(password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		       strpbrk(password, "0123456789") &&
		       password[strspn(password, "abcdefghijklmnopqrstuvwxyz0123456789_"
						 "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		log_warn("password_pattern", "why=\"not an extended regular expression\"");
		return true;
	}
	fits = regexec(&re, password, 0, NULL, 0) == 0;
	regfree(&re);
	return fits;
}

enum password_fault password_check(const char *password)
{
	if (strlen(password) > PASSWORD_MAX)
		return PASSWORD_TOO_LONG;
	if (env_bool("ENABLE_PASSWORD_VALIDATION", false) && !matches_pattern(password))
		return PASSWORD_TOO_WEAK;
	return PASSWORD_OK;
}
