#ifndef OW_TURN_NOTIFY_H
#define OW_TURN_NOTIFY_H

/* notify - webhooks and notification targets hear how a turn of a stored chat ended: chat.finished and
 * chat.failed of event/event.h.  Nothing happens where nobody listens. */

#include "turn/turn.h"

void turn_notify_finished(struct turn *t, const char *title);
void turn_notify_failed(struct turn *t, const char *why);

#endif
