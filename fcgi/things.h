#ifndef OW_FCGI_THINGS_H
#define OW_FCGI_THINGS_H

/*
 * things - what prompts, models, skills, tools and functions have in common: an owner, grants, versions.
 *
 * Most of their routes are rows alone.  A row's `args` begin with the seven parameters of
 * owui.thing_open(): kind, id, account, may it use everything, permission, and the errors for a thing
 * that is not there and for one that is closed:
 *
 *	#define PROMPT(permission) "'prompt' {prompt_id} user admin '" permission "' 'ERR_NOT_FOUND' …"
 *	{ "POST", "/api/v1/prompts/id/{prompt_id}/toggle", USER, .sql = Q_THING_TOGGLE, .args = PROMPT("write") },
 *
 * (no blanks inside of a parameter: errors by their names).  Handlers say the same with a struct thing.
 */

#include "fcgi/request.h"

struct thing {
	const char *kind;		/* "prompt": the name of its table */
	bool bypass;			/* administrators need BYPASS_ADMIN_ACCESS_CONTROL for foreign ones */
	const char *none, *closed;	/* names of errors, or texts with a status in front */
};

/* { access_grants } */
extern const struct field thing_share_form[];

/* May the account use everything of the kind? "t" or "f". */
const char *thing_all(const struct req *r, const struct thing *t);

/* Is the thing there and open to the account ("read", "write")?  false: answered. */
bool thing_open(struct req *r, const struct thing *t, const char *id, const char *permission);

/* Replace the grants of a thing that the account may change by those of the body; those that it may not
 * give are refused.  Answers the thing. */
int thing_share(struct req *r, const struct thing *t, const char *id);

/* The snapshots of the versions ?from_id and ?to_id of a thing that the account may read or write; NULL
 * where there is none.  false: answered. */
bool thing_two_versions(struct req *r, const struct thing *t, const char *id, const char *permission,
			struct json_object **from, struct json_object **to);

#endif
