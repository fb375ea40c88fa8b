/* images - what the engines of pictures offer. */

#include "fcgi/request.h"
#include "image/image.h"

static int image_model_list(struct req *r)
{
	struct json_object *list;

	req_db_release(r);
	if (!image_models(r->arena, r->cfg, &list))
		return req_fail_detail(r, 400, "The models of the image engine cannot be listed.");
	return list ? req_send_obj(r, list) : req_send_null(r);
}

static const struct field verify_form[] = {
	{ "engine", T_STR, F_REQUIRED }, { "url", T_STR, F_REQUIRED }, { "key", T_STR | T_NULL }, SCHEMA_END
};

static int image_verify(struct req *r)
{
	int rc;

	req_db_release(r);
	rc = image_engine_answers(r->arena, json_text(r->body, "engine", ""), json_text(r->body, "url", ""),
				  json_text(r->body, "key", NULL));
	if (rc < 0)
		return req_fail_detail(r, 400, "This image engine cannot be checked.");
	return rc ? req_send_true(r) : req_fail_detail(r, 400, "No image engine answers at this address.");
}

const struct route image_routes[] = {
	{ "GET", "/api/v1/images/models", USER, image_model_list, .flags = R_STREAM },
	{ "POST", "/api/v1/images/verify", ADMIN, image_verify, verify_form, .flags = R_STREAM },
	ROUTES_END
};
