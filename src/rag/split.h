#ifndef OW_RAG_SPLIT_H
#define OW_RAG_SPLIT_H

/*
 * split - a long text becomes pieces that can be embedded.
 *
 * By Markdown's headings first, if the settings say so: lines lose the white space around them, paragraphs
 * below one heading stay together, code between fences is not looked at.  Then by characters: at empty lines,
 * at line ends, at blanks, at last anywhere, into pieces of at most `size`, each beginning with up to
 * `overlap` characters of the one before.
 *
 * The pieces are those that LangChain's MarkdownHeaderTextSplitter and RecursiveCharacterTextSplitter make,
 * so that a collection may have been filled by either server.  Sizes are in characters.
 */

#include "base/arena.h"
#include "base/str.h"

enum { SPLIT_PIECES_MAX = 100000 };

struct split_rules {
	bool headings;
	int64_t size, overlap;		/* characters; size > 0, 0 <= overlap <= size */
	int64_t at_least;		/* parts below headings are joined up to this; 0: they are not */
};

struct split_piece {
	const char *text;
	int64_t start;			/* characters before it, in its part of the text */
};

/* The pieces, of the arena; how many, at most SPLIT_PIECES_MAX.  None of an empty text. */
size_t split_text(struct arena *a, const char *text, const struct split_rules *rules, struct split_piece **out);

#endif
