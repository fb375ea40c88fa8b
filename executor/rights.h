#ifndef OW_EXECUTOR_RIGHTS_H
#define OW_EXECUTOR_RIGHTS_H

/* rights - messages that carry descriptors, over Unix sockets that keep messages apart. */

#include "base/base.h"

enum { RIGHTS_MAX = 8 };

/* Send `n` bytes (at least one) with `count` descriptors (RIGHTS_MAX at most); `flags` of sendmsg().  False: not sent. */
bool rights_send(int to, const void *p, size_t n, const int *fds, size_t count, int flags);

/* Receive a message of at most `n` bytes with at most `max` descriptors, which are the caller's and end at exec:
 * its length, 0 at the end, or -1 with errno.  One with more or longer than that is refused (EBADMSG).  */
ssize_t rights_receive(int from, void *p, size_t n, int *fds, size_t max, size_t *count, int flags);

/* One byte with one descriptor, and the descriptor of such a message; -1: the socket's end, or another message. */
bool rights_send_one(int to, int fd, int flags);
int rights_receive_one(int from);

#endif
