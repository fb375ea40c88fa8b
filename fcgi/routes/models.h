#ifndef OW_ROUTES_MODELS_H
#define OW_ROUTES_MODELS_H

/* models - what the files of /api/v1/models share. */

#include "fcgi/request.h"

enum { MODEL_ID_MAX = 256 };

extern const struct field model_form[], model_meta_form[];

/* A row as the caller may use it. */
struct model_found {
	bool write, read;
	const char *base;		/* NULL: an override */
	const char *json;		/* the row as it is shown */
};

/* 1 found, 0 no such row, -1 answered.  `any`: the caller may use every row. */
int model_find(struct req *r, const char *id, bool any, struct model_found *out);

/* Answer, and tell the processes that the list is another one. */
int model_answer(struct req *r, const char *json);

/* Does the administrator see the presets of others? */
bool model_sees_all(const struct req *r);

bool model_id_fits(const char *id);

/* Drop the address of a picture that browsers must not follow (user/account.h, image_url_valid()). */
void model_clean_meta(struct json_object *meta);

/* Is it the id of a provider's model?  -1: db_error(). */
int model_is_provided(struct req *r, const char *id);

#endif
