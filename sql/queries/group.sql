-- Groups.

-- An administrator sees all, others their own; share=true: those that may be shared with.
-- name: group_list(user_id text, admin bool, share bool) json
SELECT coalesce(json_agg(owui.group_counted(g) ORDER BY g.updated_at DESC, g.id), '[]')
  FROM "group" g
 WHERE $2 OR CASE
	WHEN $3 IS NULL THEN g.id IN (SELECT owui.user_groups($1))
	WHEN $3 THEN lower(coalesce(g.data #>> '{config,share}', 'true')) IN ('true', '1')
		OR lower(g.data #>> '{config,share}') = 'members' AND g.id IN (SELECT owui.user_groups($1))
	ELSE lower(g.data #>> '{config,share}') = 'false' END;

-- name: group_get(id text) json
SELECT owui.group_counted(g) FROM "group" g WHERE id = $1;

-- name: group_info(id text) json
SELECT json_build_object('parent_group_id', g.parent_group_id, 'id', g.id, 'user_id', g.user_id,
	'name', g.name, 'description', g.description, 'member_count',
	(SELECT count(*) FROM group_member m WHERE m.group_id = g.id), 'created_at', g.created_at,
	'updated_at', g.updated_at)
  FROM "group" g WHERE id = $1;

-- name: group_export(id text) json
SELECT owui.json_and(owui.group_counted(g), json_build_object('user_ids',
	(SELECT coalesce(json_agg(m.user_id), '[]') FROM group_member m WHERE m.group_id = g.id)))
  FROM "group" g WHERE id = $1;

-- name: group_user_list(id text) json
SELECT coalesce(json_agg(owui.user_info(u, '[]', false)), '[]')
  FROM "user" u JOIN group_member m ON m.user_id = u.id WHERE m.group_id = $1;

-- name: group_create(user_id text, form json, share json) json
SELECT owui.group_create($1, $2, $3);

-- name: group_update(id text, form json) row
SELECT answer, affected, changed FROM owui.group_update($1, $2);

-- name: group_members(id text, ids json, add bool) row
SELECT answer, affected FROM owui.group_members($1, $2, $3);

-- name: group_delete(id text) row
SELECT answer, affected, changed FROM owui.group_delete($1);

-- Members of a group by kind: direct, inherited, effective; 30 to a page.
-- name: group_member_page(id text, kind text, query text, page bigint) json
WITH hit AS (
	SELECT u.*, EXISTS (SELECT FROM group_member m WHERE m.group_id = $1 AND m.user_id = u.id)
	       AS direct
	  FROM "user" u WHERE u.id IN (SELECT owui.group_users($1))
), fit AS (
	SELECT id, name, direct FROM hit
	 WHERE ($2 = 'effective' OR direct = ($2 = 'direct'))
	   AND ($3 = '' OR name ILIKE '%' || $3 || '%' OR email ILIKE '%' || $3 || '%')
), page AS (
	SELECT * FROM fit ORDER BY name, id LIMIT 30 OFFSET ($4 - 1) * 30
)
SELECT json_build_object(
	'items', (SELECT coalesce(json_agg(json_build_object(
		'status_emoji', NULL, 'status_message', NULL, 'status_expires_at', NULL,
		'id', u.id, 'name', u.name, 'email', u.email, 'role', u.role, 'bio', NULL,
		'last_active_at', NULL, 'timezone', NULL, 'groups', '[]'::json, 'is_active', false,
		'membership_type', CASE WHEN p.direct THEN 'direct' ELSE 'inherited' END,
		'via_group_ids', (SELECT coalesce(json_agg(m.group_id ORDER BY m.group_id), '[]')
			FROM group_member m WHERE m.user_id = u.id AND m.group_id <> $1
			 AND m.group_id IN (SELECT owui.group_descendants($1))))
		ORDER BY p.name, p.id), '[]') FROM page p JOIN "user" u ON u.id = p.id),
	'total', (SELECT count(*) FROM fit),
	'counts', (SELECT json_build_object('direct', count(*) FILTER (WHERE direct),
		'effective', count(*), 'inherited', count(*) FILTER (WHERE NOT direct)) FROM hit))
  FROM "group" WHERE id = $1;

-- What the members of a group can reach: the parts of the preview that need no settings.
-- name: group_preview(id text) row
SELECT json_build_object('id', g.id, 'name', g.name), owui.json_value(g.permissions),
       (SELECT json_agg(a.permissions) FROM "group" a WHERE a.id <> g.id
	   AND a.permissions IS NOT NULL AND a.id IN (SELECT owui.group_ancestors(g.id))),
       owui.json_value(g.data #> '{config,default_models}'),
       d.models, d.id,
       owui.readable('', ARRAY(SELECT owui.group_ancestors(g.id)), 'model'),
       owui.readable('', ARRAY(SELECT owui.group_ancestors(g.id)), 'knowledge'),
       owui.readable('', ARRAY(SELECT owui.group_ancestors(g.id)), 'tool')
  FROM "group" g LEFT JOIN LATERAL (
	WITH RECURSIVE up AS (
		SELECT x.*, 0 AS depth FROM "group" x WHERE x.id = g.id
		UNION ALL
		SELECT p.*, up.depth + 1 FROM "group" p JOIN up ON p.id = up.parent_group_id
		 WHERE up.depth < 100
	)
	SELECT up.id, up.data #> '{config,default_models}' AS models FROM up
	 WHERE json_typeof(up.data #> '{config,default_models}') = 'array'
	   AND json_array_length(up.data #> '{config,default_models}') > 0
	 ORDER BY depth LIMIT 1
  ) d ON true
 WHERE g.id = $1;

-- name: group_sync_making(user_id text, names json, share json) void
SELECT owui.group_sync_making($1, $2, $3);

-- name: group_sync(user_id text, names json) void
SELECT owui.group_sync($1, $2);
