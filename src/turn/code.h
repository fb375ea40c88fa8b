#ifndef OW_TURN_CODE_H
#define OW_TURN_CODE_H

/*
 * code - programs that a model without tools writes into its answer, between code_interpreter tags: each is
 * run when its end tag is there, and the model goes on with what it printed.
 *
 * The program becomes an item of its own, open_webui:code_interpreter { lang, code, output … }.  It runs in
 * the user's browser (execute:python) or on owui-executor, by the setting code_interpreter.engine.
 * Limit: CODE_ROUNDS_MAX programs in one answer.
 * Source: contract/chat-completions.md, section 5; the reference's legacy mode.
 */

#include "turn/turn.h"

enum { CODE_ROUNDS_MAX = 5 };

/* May this turn run programs of the text?  (Asked once, by the preparation.) */
bool code_detected(struct turn *t);

/* The answer ends with a program: run it and make the next request.  True: call the provider again. */
bool code_after_round(struct turn *t);

#endif
