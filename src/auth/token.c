#include "auth/token.h"

#include <jwt.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"

enum { KEY_MIN = 32, TOKEN_MAX = 8192 };

static const char *key;

/*
 * Tokens that were found good, by their text: a browser sends the same one with every request, and a
 * signature that was right stays right.  Expiry is looked at every time.  Slots are overwritten.
 */
enum { SLOTS = 1024, LOCKS = 16 };

struct slot {
	struct arena *arena;		/* holds the text and the claims; NULL: empty */
	const char *text;
	struct token token;
};

static struct slot slots[SLOTS];
static pthread_mutex_t locks[LOCKS] = { [0 ... LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER };

static size_t slot_of(const char *text)
{
	size_t n = strlen(text), h = 1469598103934665603u;

	/* The signature at the end tells tokens apart. */
	for (size_t i = n > 32 ? n - 32 : 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * 1099511628211u;
	return h % SLOTS;
}

static void copy_token(struct arena *a, struct token *to, const struct token *from)
{
	*to = *from;
	to->id = arena_strdup(a, from->id);
	to->jti = arena_strdup(a, from->jti);
	to->typ = arena_strdup(a, from->typ);
	to->session_stamp = arena_strdup(a, from->session_stamp);
	to->auth_method = arena_strdup(a, from->auth_method);
}

static bool recall(struct arena *a, const char *text, struct token *out)
{
	size_t i = slot_of(text);
	bool known;

	pthread_mutex_lock(&locks[i % LOCKS]);
	known = slots[i].arena && strcmp(slots[i].text, text) == 0;
	if (known)
		copy_token(a, out, &slots[i].token);
	pthread_mutex_unlock(&locks[i % LOCKS]);
	return known;
}

static void remember(const char *text, const struct token *t)
{
	size_t i = slot_of(text);
	struct slot *s = &slots[i];

	pthread_mutex_lock(&locks[i % LOCKS]);
	if (s->arena)
		arena_reset(s->arena);
	else
		s->arena = arena_new();
	s->text = arena_strdup(s->arena, text);
	copy_token(s->arena, &s->token, t);
	pthread_mutex_unlock(&locks[i % LOCKS]);
}

void token_setup(const char *secret_key)
{
	if (text_empty(secret_key) || strlen(secret_key) < KEY_MIN)
		die("secret_key", "why=\"WEBUI_SECRET_KEY must have at least %d characters\"", KEY_MIN);
	key = secret_key;
}

static void free_jwt(void *p)
{
	jwt_free(p);
}

static const char *claim_text(struct arena *a, jwt_t *jwt, const char *name)
{
	return arena_strdup(a, jwt_get_grant(jwt, name));
}

static int64_t claim_int(jwt_t *jwt, const char *name)
{
	long v = jwt_get_grant_int(jwt, name);

	return v > 0 ? v : 0;
}

int token_verify(struct arena *a, const char *text, struct token *out)
{
	struct token t = { 0 };
	jwt_t *jwt = NULL;

	if (!text_empty(text) && recall(a, text, &t)) {
		if (t.exp && t.exp <= time_s())
			return 0;
		*out = t;
		return 1;
	}
	if (text_empty(text) || strlen(text) > TOKEN_MAX ||
	    jwt_decode(&jwt, text, (const unsigned char *)key, (int)strlen(key)) != 0)
		return 0;
	arena_defer(a, free_jwt, jwt);
	if (jwt_get_alg(jwt) != JWT_ALG_HS256)	/* libjwt trusts the header: "none" ends here */
		return 0;
	t.id = claim_text(a, jwt, "id");
	t.jti = claim_text(a, jwt, "jti");
	t.typ = claim_text(a, jwt, "typ");
	t.session_stamp = claim_text(a, jwt, "session_stamp");
	t.auth_method = claim_text(a, jwt, "auth_method");
	t.iat = claim_int(jwt, "iat");
	t.exp = claim_int(jwt, "exp");
	t.auth_time = claim_int(jwt, "auth_time");
	t.mfa_verified = jwt_get_grant_bool(jwt, "mfa_verified") == 1;
	if (!t.typ)
		t.typ = "session";
	if (!t.id || (t.exp && t.exp <= time_s()))
		return 0;
	remember(text, &t);
	*out = t;
	return 1;
}

static void add_text(jwt_t *jwt, const char *name, const char *value)
{
	if (value && jwt_add_grant(jwt, name, value) != 0)
		abort();
}

/* Sign with HS256, and let go of the token. */
static char *signed_text(struct arena *a, jwt_t *jwt, const char *secret)
{
	char *text, *copy;

	if (jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) != 0)
		abort();
	text = jwt_encode_str(jwt);
	if (!text)
		abort();
	copy = arena_strdup(a, text);
	free(text);
	jwt_free(jwt);
	return copy;
}

char *token_issue(struct arena *a, struct token *t, int64_t lifetime)
{
	char jti[UUID_SIZE];
	jwt_t *jwt;

	uuid4(jti);
	t->jti = arena_strdup(a, jti);
	t->iat = time_s();
	t->exp = lifetime > 0 ? t->iat + lifetime : 0;
	if (!t->typ)
		t->typ = "session";
	if (jwt_new(&jwt) != 0)
		abort();
	add_text(jwt, "id", t->id);
	add_text(jwt, "typ", t->typ);
	add_text(jwt, "jti", t->jti);
	jwt_add_grant_int(jwt, "iat", (long)t->iat);
	if (t->exp)
		jwt_add_grant_int(jwt, "exp", (long)t->exp);
	add_text(jwt, "session_stamp", t->session_stamp);
	if (t->auth_method) {
		add_text(jwt, "auth_method", t->auth_method);
		jwt_add_grant_int(jwt, "auth_time", (long)t->auth_time);
		jwt_add_grant_bool(jwt, "mfa_verified", t->mfa_verified);
	}
	return signed_text(a, jwt, key);
}

char *token_identity(struct arena *a, const char *secret, const char *id, const char *email,
		     const char *name, const char *role, int64_t lifetime)
{
	int64_t now = time_s();
	jwt_t *jwt;

	if (jwt_new(&jwt) != 0)
		abort();
	add_text(jwt, "sub", id);
	add_text(jwt, "email", email);
	add_text(jwt, "name", name);
	add_text(jwt, "role", role);
	add_text(jwt, "iss", "open-webui");
	jwt_add_grant_int(jwt, "iat", (long)now);
	jwt_add_grant_int(jwt, "exp", (long)(now + lifetime));
	return signed_text(a, jwt, secret);
}

static double unit_seconds(const char *unit, size_t n)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = { { "ms", 0.001 }, { "s", 1 },     { "m", 60 },
		      { "h", 3600 },   { "d", 86400 }, { "w", 604800 } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == n && memcmp(unit, units[i].name, n) == 0)
			return units[i].seconds;
	return -1;
}

int64_t duration_parse(const char *text)
{
	double total = 0;

	if (text_empty(text))
		return -1;
	if (text_eq(text, "-1") || text_eq(text, "0"))
		return 0;
	while (*text) {
		char *end;
		double n = strtod(text, &end), unit;
		size_t len = strspn(end, "smhdw");

		if (end == text || n < 0)
			return -1;
		unit = unit_seconds(end, len);
		if (unit < 0)
			return -1;
		total += n * unit;
		text = end + len;
	}
	if (total > 0 && total < 1)	/* not endless */
		total = 1;
	return total < 1e15 ? (int64_t)total : -1;
}

bool duration_valid(const char *text)
{
	static const char *const units[] = { "ms", "s", "m", "h", "d", "w" };
	size_t n = strspn(text, "0123456789"), more;

	if (text_eq(text, "-1") || text_eq(text, "0"))
		return true;
	if (!n)
		return false;
	text += n;
	if (*text == '.') {
		more = strspn(text + 1, "0123456789");
		if (!more)
			return false;
		text += 1 + more;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (text_eq(text, units[i]))
			return true;
	return false;
}
