#ifndef OW_ROUTES_SKILLS_H
#define OW_ROUTES_SKILLS_H

/* skills - what the files of /api/v1/skills share. */

#include "fcgi/things.h"
#include "skill/package.h"

extern const struct field skill_form[];

/* Who may read it, and who may write it: the errors differ. */
extern const struct thing skill_thing, skill_changed;

/* A change that was refused, for an answer or for one line of an import. */
struct skill_refusal {
	int status;		/* 0: done */
	const char *detail;	/* a text … */
	const char *current;	/* … or the version that is active instead of the expected one */
};

/* Make a skill of a checked form; the skill with its files as JSON, NULL: *no. */
const char *skill_make(struct req *r, struct json_object *form, const char *grants, struct skill_refusal *no);

/* Change a skill to what the form holds.  As skill_make(). */
const char *skill_change(struct req *r, const char *id, struct json_object *form, struct skill_refusal *no);

/* Answer a refusal. */
int skill_refuse(struct req *r, const struct skill_refusal *no);

/* A version's content and id (NULL: the active one); false: answered. */
bool skill_version(struct req *r, const char *id, const char *version, struct json_object **snapshot,
		   struct rows **rows);

#endif
