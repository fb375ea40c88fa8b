-- Channels.

-- name: channel_list(user_id text) json
SELECT coalesce(json_agg(owui.channel_item(c, $1) ORDER BY NOT owui.channel_closed(c), c.created_at), '[]')
  FROM channel c WHERE owui.channel_listed(c, $1);

-- name: channel_all(user_id text, admin bool) json
SELECT coalesce(json_agg(owui.channel_json(c) ORDER BY NOT owui.channel_closed(c), c.created_at), '[]')
  FROM channel c WHERE $2 OR owui.channel_listed(c, $1);

-- name: channel_create(user_id text, form json, grants json) json
SELECT owui.channel_create($1, $2, $3);

-- The conversation with another account, made when there is none.
-- name: channel_dm(user_id text, other text) json
SELECT owui.channel_create($1, json_build_object('type', 'dm', 'user_ids', json_build_array($2)), '[]');

-- name: channel_get(user_id text, admin bool, id text) json
SELECT owui.channel_full(c, $1, $2) FROM channel c, LATERAL owui.channel_must($1, $2, $3, 'read') WHERE c.id = $3;

-- name: channel_update(user_id text, admin bool, id text, form json) json
SELECT owui.channel_update($1, $2, $3, $4);

-- name: channel_access(user_id text, admin bool, id text, grants json) json
SELECT owui.channel_access($1, $2, $3, $4);

-- name: channel_delete(user_id text, admin bool, id text) json
SELECT owui.channel_delete($1, $2, $3);

-- Its accounts, 30 to a page; those of a conversation of two all.
-- name: channel_members(user_id text, admin bool, id text, query text, order_by text, direction text, page bigint) json
WITH may AS MATERIALIZED (
	SELECT owui.channel_must($1, $2, $3, 'read')
), hit AS (
	SELECT u.*, c.type = 'dm' AS dm FROM may, channel c, "user" u
	 WHERE c.id = $3 AND u.id IN (SELECT owui.channel_audience(c))
	   AND (c.type = 'dm' OR coalesce($4, '') = '' OR u.name ILIKE '%' || $4 || '%' OR u.email ILIKE '%' || $4 || '%')
), sorted AS (
	SELECT hit.*, row_number() OVER (ORDER BY
		CASE WHEN $6 = 'asc' THEN CASE $5 WHEN 'name' THEN name WHEN 'email' THEN email WHEN 'role' THEN role END END,
		CASE WHEN $6 IS DISTINCT FROM 'asc' THEN
			CASE $5 WHEN 'name' THEN name WHEN 'email' THEN email WHEN 'role' THEN role END END DESC,
		CASE WHEN $6 = 'asc' THEN CASE $5 WHEN 'created_at' THEN created_at WHEN 'updated_at' THEN updated_at
			WHEN 'last_active_at' THEN last_active_at END END,
		CASE WHEN $6 IS DISTINCT FROM 'asc' THEN CASE $5 WHEN 'created_at' THEN created_at
			WHEN 'updated_at' THEN updated_at WHEN 'last_active_at' THEN last_active_at END END DESC,
		created_at, id) AS n
	  FROM hit
)
SELECT json_build_object('users', coalesce((SELECT json_agg(json_build_object('id', id, 'email', email, 'name', name,
		'role', role, 'profile_image_url', profile_image_url, 'presence_state', presence_state,
		'status_emoji', status_emoji, 'status_message', status_message, 'status_expires_at', status_expires_at,
		'is_active', owui.user_active(last_active_at)) ORDER BY n)
	  FROM sorted WHERE dm OR n > (greatest($7, 1) - 1) * 30 AND n <= greatest($7, 1) * 30), '[]'),
	'total', (SELECT count(*) FROM hit));

-- name: channel_members_add(user_id text, admin bool, id text, form json) json
SELECT owui.channel_members_add($1, $2, $3, $4);

-- name: channel_members_remove(user_id text, admin bool, id text, ids json) json
SELECT owui.channel_members_remove($1, $2, $3, $4);

-- name: channel_mute(user_id text, admin bool, id text, muted bool) json
SELECT owui.channel_mute($1, $2, $3, $4);

-- name: channel_show(user_id text, id text, shown bool) json
SELECT owui.channel_show($1, $2, $3);

-- Messages.

-- name: message_list(user_id text, admin bool, channel text, skip bigint, most bigint) json
SELECT owui.message_list($1, $2, $3, $4, $5);

-- name: message_pinned(user_id text, admin bool, channel text, page bigint) json
SELECT owui.message_pinned($1, $2, $3, $4);

-- name: message_thread(user_id text, admin bool, channel text, head text, skip bigint, most bigint, around text, before text) json
SELECT owui.message_thread($1, $2, $3, $4, $5, $6, $7, $8);

-- name: message_get(user_id text, admin bool, channel text, id text) json
SELECT owui.message_get($1, $2, $3, $4);

-- name: message_data(user_id text, admin bool, channel text, id text) json
SELECT owui.message_get($1, $2, $3, $4)->'data';

-- name: message_post(user_id text, admin bool, channel text, form json) json
SELECT owui.message_post($1, $2, $3, $4);

-- name: message_update(user_id text, admin bool, channel text, id text, form json) json
SELECT owui.message_update($1, $2, $3, $4, $5);

-- name: message_pin(user_id text, admin bool, channel text, id text, pinned bool) json
SELECT owui.message_pin($1, $2, $3, $4, $5);

-- name: message_react(user_id text, admin bool, channel text, id text, reaction text, put bool) json
SELECT owui.message_react($1, $2, $3, $4, $5, $6);

-- name: message_delete(user_id text, admin bool, channel text, id text) json
SELECT owui.message_delete($1, $2, $3, $4);
