#ifndef OW_SCIM_CHANGE_H
#define OW_SCIM_CHANGE_H

/*
 * change - what a SCIM body asks to become of an account or a group, in the terms of our tables.
 *
 * An account's change: { email, name, image, active, external_id }, what is absent stays.  A group's:
 * [{ "op": "name"|"set"|"add"|"remove", "value": name or ids }], applied in that order.
 * Bodies have passed their schema.  Source: RFC 7644, 3.5.2, and recorded answers.
 */

#include "json/json.h"

/* Why a change is refused; `type` is the scimType, NULL for the status's own. */
struct scim_fault {
	const char *detail, *type;
};

/* A new account: { email, name, image, role, external_id }. */
struct json_object *scim_user_new(struct arena *a, struct json_object *body);

/* Of a PUT. */
struct json_object *scim_user_put(struct arena *a, struct json_object *body);

/* Of a PATCH; NULL: refused. */
struct json_object *scim_user_patch(struct arena *a, struct json_object *body, struct scim_fault *why);

/* Ids of `members`: accounts, not groups; NULL: refused. */
struct json_object *scim_member_ids(struct arena *a, struct json_object *members, struct scim_fault *why);

/* Of a PUT, of a PATCH; NULL: refused. */
struct json_object *scim_group_put(struct arena *a, struct json_object *body, struct scim_fault *why);
struct json_object *scim_group_patch(struct arena *a, struct json_object *body, struct scim_fault *why);

#endif
