#ifndef OW_ROUTES_GROUPS_H
#define OW_ROUTES_GROUPS_H

/* groups - what SCIM's groups share with those of administrators. */

#include "fcgi/request.h"

/* What a new group shares when nothing is said, as JSON: DEFAULT_GROUP_SHARE_PERMISSION. */
const char *group_share_default(void);

/* The browsers of these accounts (a JSON array of ids) ask for their rights again. */
void group_refresh(struct req *r, const char *ids);

/* Tell that a group is gone: `changed` as owui.group_delete() says, the groups below it included. */
void group_tell_deleted(struct req *r, const char *id, const char *changed);

#endif
