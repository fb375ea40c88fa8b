#include "fcgi/errors.h"

#include <string.h>

const struct err_def err_defs[ERR_COUNT] = {
#define X(name, status, text) [name] = { status, text },
	ERROR_LIST(X)
#undef X
};

enum err err_named(const char *name)
{
	static const char *const names[ERR_COUNT] = {
#define X(e, status, text) [e] = #e,
		ERROR_LIST(X)
#undef X
	};

	for (int i = 0; i < ERR_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return (enum err)i;
	return ERR_COUNT;
}
