#ifndef OW_EXECUTOR_LANGUAGES_H
#define OW_EXECUTOR_LANGUAGES_H

/* languages - what can be run, by which command; each is tried once at start. */

#include "base/arena.h"

enum { LANGUAGE_ALIASES = 3, VERSION_SIZE = 96 };

struct language {
	const char *name;
	const char *aliases[LANGUAGE_ALIASES];
	const char *script;		/* file name in /workspace */
	const char *interpreter;	/* path inside the sandbox; NULL: `compile` */
	const char *compile;		/* shell text that makes /tmp/program of the script */
	const char *probe;		/* shell text that prints the version */
	const char *enable;		/* the setting that switches it */
	bool optional;			/* beyond the four of the contract: silent when missing */
	bool enabled, works;
	char version[VERSION_SIZE];
};

extern struct language languages[];
extern const size_t languages_count;

/* Read the switches. */
void languages_setup(void);

/* By name or alias, letter case ignored; NULL when unknown.  NUL inside is no match. */
struct language *language_find(const char *name, size_t n);

/* The command of a run: a NULL-terminated list in the arena, followed by `args`. */
const char **language_command(struct arena *a, const struct language *l, bool capture_result,
			      const char *const *args, size_t nargs);

/* Python started ahead of its job, with `modules` (comma separated) imported. */
const char **language_command_ahead(struct arena *a, const char *modules);

/* The search path inside the sandbox. */
#define SANDBOX_PATH "/opt/rust/bin:/usr/local/bin:/usr/bin:/bin"

#endif
