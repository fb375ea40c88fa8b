#include "http/cookie.h"

#include "base/str.h"

const char *cookie_value(struct arena *a, const char *header, const char *name)
{
	struct str rest = str_of(header);

	while (rest.p) {
		struct str value = str_trim(str_split(&rest, ';'));
		struct str key = str_trim(str_split(&value, '='));

		if (!str_eq(key, name))
			continue;
		value = str_trim(value);
		if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = (struct str){ value.p + 1, value.n - 2 };
		return arena_strndup(a, value.p ? value.p : "", value.n);
	}
	return NULL;
}
