#include "fcgi/errors.h"

const struct err_def err_defs[ERR_COUNT] = {
#define X(name, status, text) [name] = { status, text },
	ERROR_LIST(X)
#undef X
};
