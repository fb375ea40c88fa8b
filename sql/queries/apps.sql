-- Installed apps.

-- name: apps_list(user_id text, admin bool) json
SELECT coalesce(json_agg(owui.app_json(a) ORDER BY a.name, a.id), '[]') FROM app a
 WHERE $2 OR a.is_active AND owui.has_access($1, 'app', a.id, 'read');

-- name: apps_get(id text) json
SELECT owui.app_json(a) || jsonb_build_object('access_grants', (SELECT coalesce(jsonb_agg(jsonb_build_object(
	'principal_type', g.principal_type, 'principal_id', g.principal_id, 'permission', g.permission)), '[]')
	  FROM access_grant g WHERE g.resource_type = 'app' AND g.resource_id = a.id))
  FROM app a WHERE a.id = $1;

-- name: apps_create(user_id text, form json, key text, grants json) json
SELECT owui.app_create($1, $2, $3, $4);

-- name: apps_update(id text, form json, grants json) json
SELECT owui.app_update($1, $2, $3);

-- name: apps_uninstall(id text) json
SELECT owui.app_uninstall($1);

-- Address and sealed key.
-- name: apps_secret(id text) row
SELECT data->>'url', api_key FROM app WHERE id = $1;

-- It is to be connected again, with another key or the one it has: switched off until it is.
-- name: apps_connecting(id text, key text) json
UPDATE app a SET api_key = coalesce($2, api_key), is_active = false, updated_at = greatest(owui.now_ns(), updated_at + 1),
       data = CASE WHEN $2 IS NULL THEN data ELSE owui.app_forget(data) END
 WHERE a.id = $1 RETURNING owui.app_json(a);

-- name: apps_pressed(user_id text, admin bool, id text, message text, action text) text
SELECT owui.app_pressed($1, $2, $3, $4, $5);

-- name: apps_channel(user_id text, admin bool, channel text) json
WITH may AS MATERIALIZED (
	SELECT owui.app_channel_must($1, $2, $3, false)
)
SELECT coalesce(json_agg(owui.app_json(a) ORDER BY m.joined_at, a.id) FILTER (WHERE a.id IS NOT NULL), '[]')
  FROM may LEFT JOIN channel_member m ON m.channel_id = $3 AND m.is_active
  LEFT JOIN app a ON a.id = m.app_id;

-- name: apps_invite(user_id text, admin bool, channel text, app text) json
SELECT owui.app_invite($1, $2, $3, $4);

-- name: apps_uninvite(user_id text, admin bool, channel text, app text) json
WITH may AS MATERIALIZED (
	SELECT owui.app_channel_must($1, $2, $3, true)
), gone AS (
	UPDATE channel_member m SET is_active = false, left_at = owui.now_ns(), updated_at = owui.now_ns()
	  FROM may WHERE m.channel_id = $3 AND m.app_id = $4 RETURNING 1
)
SELECT json_build_object('removed', true) FROM may LEFT JOIN (SELECT count(*) FROM gone) n ON true;
