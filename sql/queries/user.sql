-- Accounts.

-- name: user_list(query text, order_by text, direction text, page bigint) json
SELECT json_build_object('users', (
	SELECT coalesce(json_agg(owui.json_and(owui.user_json(u), json_build_object('group_ids', (
		SELECT coalesce(json_agg(g.id ORDER BY g.updated_at DESC, g.id), '[]')
		  FROM group_member m JOIN "group" g ON g.id = m.group_id
		 WHERE m.user_id = u.id))) ORDER BY i.n), '[]')
	  FROM unnest(p.ids) WITH ORDINALITY i(id, n) JOIN "user" u ON u.id = i.id), 'total', p.total)
  FROM owui.user_page($1, $2, $3, (greatest($4, 1) - 1) * 30, 30) p;

-- name: user_search(query text, order_by text, direction text, page bigint) json
SELECT json_build_object('users', (
	SELECT coalesce(json_agg(owui.user_info(u, '[]', false) ORDER BY i.n), '[]')
	  FROM unnest(p.ids) WITH ORDINALITY i(id, n) JOIN "user" u ON u.id = i.id), 'total', p.total)
  FROM owui.user_page($1, $2, $3, (greatest($4, 1) - 1) * 30, 30) p;

-- name: user_all() json
SELECT json_build_object('users', coalesce(json_agg(owui.user_info(u, '[]', false)
						    ORDER BY created_at DESC, id), '[]'), 'total', count(*))
  FROM "user" u;

-- name: user_get(id text) json
SELECT owui.json_and(owui.user_json(u), json_build_object('groups', owui.user_group_names(u.id),
	'is_active', owui.user_active(u.last_active_at)))
  FROM "user" u WHERE u.id = $1;

-- name: user_info(id text) json
SELECT owui.user_info(u, owui.user_group_names(u.id), owui.user_active(u.last_active_at))
  FROM "user" u WHERE u.id = $1;

-- name: user_self(id text) json
SELECT owui.user_json(u) FROM "user" u WHERE u.id = $1;

-- name: user_is_active(id text) json
SELECT json_build_object('active', coalesce(
	(SELECT owui.user_active(last_active_at) FROM "user" WHERE id = $1), false));

-- name: user_group_list(id text, inherited bool) json
SELECT owui.user_group_list($1, coalesce($2, false));

-- name: user_oauth_sessions(id text) json
SELECT json_agg(row_to_json(s)) FROM oauth_session s WHERE user_id = $1;

-- name: user_image(id text) row
SELECT coalesce(profile_image_url, '') FROM "user" WHERE id = $1;

-- name: user_update_check(actor text, id text, role text, email text) text
SELECT owui.user_update_check($1, $2, $3, $4);

-- name: user_update(actor text, id text, form json, hash text) row
SELECT verdict, answer, changed, new_role FROM owui.user_update($1, $2, $3, $4);

-- name: user_remove(actor text, id text) bool
SELECT owui.user_remove($1, $2);

-- name: user_sessions_end(actor text, id text) text
SELECT owui.user_sessions_end($1, $2);

-- name: user_preview(id text) json
SELECT json_build_object('user', json_build_object('id', u.id, 'name', u.name),
	'groups', (SELECT coalesce(json_agg(json_build_object('id', x.id, 'name', x.name)
					    ORDER BY x.updated_at DESC, x.id), '[]')
		     FROM "group" x WHERE x.id = ANY (g.ids)),
	'models', owui.readable(u.id, g.ids, 'model'),
	'knowledge', owui.readable(u.id, g.ids, 'knowledge'),
	'tools', owui.readable(u.id, g.ids, 'tool'))
  FROM "user" u, LATERAL (SELECT ARRAY(SELECT owui.user_groups(u.id)) AS ids) g
 WHERE u.id = $1;

-- The account behind a token (as auth_user) with its settings.
-- name: auth_settings(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, a.session_stamp,
       u.last_active_at, CASE WHEN a.active THEN owui.mfa_ready(a.mfa) END,
       owui.user_settings(u.settings)
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id = $1;

-- Members other than `ui` are replaced, those of `ui` are patched, null takes away.
-- name: user_settings_patch(id text, rest json, ui json) json
UPDATE "user" SET settings = CASE WHEN $3 IS NULL THEN owui.json_patch(settings, $2, false)
	ELSE owui.json_patch(owui.json_patch(settings, $2, false), json_build_object('ui',
		owui.json_patch(settings -> 'ui', $3, true)), false) END
 WHERE id = $1 RETURNING owui.user_settings(settings);

-- name: user_own_info(id text) json
SELECT coalesce(info, 'null') FROM "user" WHERE id = $1;

-- name: user_own_info_set(id text, info json) json
UPDATE "user" SET info = $2 WHERE id = $1 RETURNING info;

-- name: user_variables(id text) json
SELECT json_build_object('variables', (
	SELECT coalesce(json_object_agg(key, value ORDER BY n), '{}')
	  FROM json_each(CASE WHEN json_typeof(variables) = 'object' THEN variables ELSE '{}' END)
	       WITH ORDINALITY e(key, value, n) WHERE json_typeof(value) = 'string'))
  FROM "user" WHERE id = $1;

-- name: user_variables_set(id text, variables json) json
UPDATE "user" SET variables = $2 WHERE id = $1 RETURNING json_build_object('variables', variables);

-- Null leaves a field as it is.
-- name: user_status_set(id text, form json) json
UPDATE "user" u SET status_emoji = coalesce($2 ->> 'status_emoji', status_emoji),
	status_message = coalesce($2 ->> 'status_message', status_message),
	status_expires_at = coalesce(($2 ->> 'status_expires_at')::bigint, status_expires_at)
 WHERE id = $1 RETURNING owui.user_json(u);

-- name: user_timezone_set(id text, form json) json
UPDATE "user" SET timezone = $2 ->> 'timezone' WHERE id = $1 RETURNING '{"status":true}'::json;

-- name: user_profile_set(id text, form json) json
UPDATE "user" u SET profile_image_url = $2 ->> 'profile_image_url', name = $2 ->> 'name',
	bio = $2 ->> 'bio', gender = $2 ->> 'gender', date_of_birth = ($2 ->> 'date_of_birth')::date
 WHERE id = $1 RETURNING json_build_object('id', u.id, 'name', u.name, 'role', u.role,
	'email', u.email, 'profile_image_url', owui.profile_image(u.id, u.profile_image_url));

-- name: user_role_set(id text, role text) count
UPDATE "user" SET role = $2 WHERE id = $1;

-- Names and ids of an account's groups, joined by commas.
-- name: user_group_lists(id text) row
SELECT coalesce(string_agg(trim(g.name), ','), ''), coalesce(string_agg(g.id, ','), '')
  FROM "group" g WHERE g.id IN (SELECT owui.user_groups($1));
