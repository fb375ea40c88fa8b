-- The permission trees of every group of an account, inherited groups too: a JSON array or NULL.
-- name: access_groups(user_id text) json
SELECT owui.group_permissions($1);

-- name: access_groups_of_key(key text) json
SELECT owui.group_permissions(user_id) FROM api_key WHERE key = $1;
