#ifndef OW_EXECUTOR_ANSWER_H
#define OW_EXECUTOR_ANSWER_H

/* answer - the JSON of an ended run. */

#include "executor/run.h"

/* `with_output`: the streams too, else empty texts, as at the end of a stream. */
void answer_write(struct buf *b, const struct run *r, bool with_output);

/* One file as in `files`. */
void answer_file(struct buf *b, const struct found_file *f);

#endif
