#ifndef OW_ROUTES_CHANNELS_H
#define OW_ROUTES_CHANNELS_H

/* channels - what the files of /api/v1/channels share. */

#include "channel/channel.h"
#include "fcgi/request.h"
#include "json/scan.h"

#define CHANNELS .feature = "channels.enable", .feature_err = ERR_CHANNELS_OFF, \
	.permission = "features.channels"

static inline const char *channels_flag(bool on)
{
	return on ? "t" : "f";
}

/* The member of an answer of the database as raw JSON; { NULL, 0 } when absent. */
static inline struct str channels_part(const char *answer, const char *key)
{
	struct str raw = { NULL, 0 };

	json_find(str_of(answer), key, &raw);
	return raw;
}

/* Answer with a member of it. */
static inline int channels_send(struct req *r, const char *answer, const char *key)
{
	struct str raw = channels_part(answer, key);

	return req_send_json(r, 200, raw.p, raw.n);
}

#endif
