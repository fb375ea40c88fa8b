#ifndef OW_SKILL_FETCH_H
#define OW_SKILL_FETCH_H

/*
 * fetch - skills from an address: a SKILL.md, a JSON file, an archive, or a repository, folder or SKILL.md
 * on GitHub.  Redirects are followed, private addresses refused unless ENABLE_LOCAL_WEB_FETCH.
 */

#include "skill/package.h"

/* The packages found there; NULL: *err. */
struct json_object *skill_fetch(struct arena *a, const char *url, const char **err);

/* The address of a repository's archive and the folder inside of it ("" for all) for the address of a
 * page of github.com; *folder is NULL and the address itself comes back for others.  NULL: *err. */
const char *skill_source(struct arena *a, const char *url, const char **folder, const char **err);

#endif
