-- The permission trees of every group of an account, inherited groups too: a JSON array or NULL.
-- name: access_groups(user_id text) json
SELECT owui.group_permissions($1);
