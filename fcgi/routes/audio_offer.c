/* audio_offer - /api/v1/audio/voices and /models: what the speech engine offers. */

#include "audio/offer.h"
#include "fcgi/request.h"

static int send(struct req *r, const char *name, struct json_object *list)
{
	struct json_object *o = json_new_object(r->arena);

	json_set(o, name, json_ref(list));
	return req_send_obj(r, o);
}

static int voices(struct req *r)
{
	return send(r, "voices", audio_voices(r->arena, r->cfg));
}

static int models(struct req *r)
{
	return send(r, "models", audio_models(r->arena, r->cfg));
}

const struct route audio_offer_routes[] = {
	{ "GET", "/api/v1/audio/voices", USER, voices, .flags = R_STREAM },
	{ "GET", "/api/v1/audio/models", USER, models, .flags = R_STREAM },
	ROUTES_END
};
