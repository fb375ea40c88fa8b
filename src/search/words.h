#ifndef OW_SEARCH_WORDS_H
#define OW_SEARCH_WORDS_H

/*
 * words - what somebody asks for who searches conversations.
 *
 * "tag:x", "folder:x", "pinned:true", "archived:true" and "shared:true" choose; what is left is a phrase, and
 * its words of ASCII letters and digits are terms of their own, unless it is just one.
 * Source: contract/notes-workspace.md, "Search words".
 */

#include "base/buf.h"

enum { SEARCH_TERMS_MAX = 100 };

struct search {
	const char *filters;		/* JSON { tags, folders, pinned, archived, shared }: those that were given */
	struct str phrase;		/* n 0: none */
	struct str terms[SEARCH_TERMS_MAX];
	size_t terms_n;
};

/* Take the text, in lower case, apart; everything lives in the arena. */
void search_read(struct arena *a, const char *text, struct search *out);

#endif
