#ifndef OW_WSD_DELIVER_H
#define OW_WSD_DELIVER_H

/* deliver - what is published to a room, to its members here; see realtime/publish.h. */

#include "base/str.h"

void deliver(struct str room, struct str payload);

#endif
