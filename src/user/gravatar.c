#include "user/gravatar.h"

#include <ctype.h>

#include "auth/digest.h"
#include "base/str.h"

const char *gravatar_url(struct arena *a, const char *email)
{
	struct str trimmed = str_trim(str_of(email));
	char *name = arena_strndup(a, trimmed.p ? trimmed.p : "", trimmed.n);

	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return arena_printf(a, "https://www.gravatar.com/avatar/%s?d=mp", text_digest(a, name));
}
