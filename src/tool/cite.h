#ifndef OW_TOOL_CITE_H
#define OW_TOOL_CITE_H

/* cite - where a built-in tool's answer comes from, as sources that the chat shows.
 * Source: contract/chat-completions.md, section 13; the reference's citations of tools. */

#include "tool/tool.h"

/* Fill out->sources from the text of a tool that reads documents; others have none. */
void cite(struct toolbox *b, struct tool *t, struct tool_result *out);

#endif
