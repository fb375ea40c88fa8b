/* channels - /api/v1/channels: the list of the channels that an account is in or may read. */

#include "fcgi/request.h"

#define CHANNELS .feature = "channels.enable", .feature_err = ERR_CHANNELS_OFF, \
	.permission = "features.channels"

const struct route channel_routes[] = {
	{ "GET", "/api/v1/channels/", USER, .sql = Q_CHANNEL_LIST, .args = "user", CHANNELS },
	ROUTES_END
};
