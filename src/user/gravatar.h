#ifndef OW_USER_GRAVATAR_H
#define OW_USER_GRAVATAR_H

/* gravatar - the address of the picture that gravatar.com has for an e-mail address.  Nobody is asked. */

#include "base/arena.h"

const char *gravatar_url(struct arena *a, const char *email);

#endif
