-- Notes.

-- name: note_list(user_id text, page bigint) json
SELECT coalesce(json_agg(j ORDER BY place), '[]') FROM (
	SELECT owui.note_item(n, $1), row_number() OVER (ORDER BY n.updated_at DESC, n.id)
	  FROM note n WHERE owui.note_listed(n, $1, false, 'read')
	 ORDER BY n.updated_at DESC, n.id LIMIT CASE WHEN $2::bigint IS NULL THEN NULL ELSE 60 END
	OFFSET (greatest(coalesce($2, 1), 1) - 1) * 60) AS x(j, place);

-- name: note_pinned(user_id text) json
SELECT coalesce(json_agg(owui.note_item(n, $1) ORDER BY p.created_at DESC), '[]')
  FROM pinned_note p JOIN note n ON n.id = p.note_id JOIN "user" u ON u.id = n.user_id
 WHERE p.user_id = $1 AND owui.may('note', n.id, n.user_id, $1, false, 'read');

-- All words must stand in the title or the text; hyphens do not count.
-- name: note_search(user_id text, all_ bool, query text, view text, permission text, order_by text, direction text, page bigint) json
WITH hit AS (
	SELECT n, n.title AS name, owui.sort_number($6, $7, n.created_at, n.updated_at) AS i
	  FROM note n
	 WHERE owui.note_listed(n, $1, $2, coalesce(nullif($5, ''), 'write'))
	   AND owui.in_view($4, n.user_id, $1)
	   AND NOT EXISTS (SELECT FROM regexp_split_to_table(replace(coalesce($3, ''), '-', ''), '\s+') w
		WHERE w <> '' AND NOT owui.any_like(w, translate(n.title, '- ', ''),
			translate(n.data #>> '{content,md}', '- ', '')))
), page AS (
	SELECT *, row_number() OVER (ORDER BY CASE WHEN $6 = 'name' AND $7 = 'asc' THEN name END,
		CASE WHEN $6 = 'name' THEN name END DESC, i, (n).id) AS place
	  FROM hit ORDER BY place LIMIT 60 OFFSET (greatest(coalesce($8, 1), 1) - 1) * 60
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.note_item(n, $1)::jsonb
	|| jsonb_build_object('user_id', (n).user_id, 'meta', owui.json_value((n).meta),
		'access_grants', owui.grants_json('note', (n).id))
	ORDER BY place) FROM page), '[]'), 'total', (SELECT count(*) FROM hit));

-- name: note_create(user_id text, form json, grants json) json
SELECT owui.note_create($1, $2, $3);

-- name: note_get(user_id text, admin bool, id text) json
SELECT owui.note_get($1, $2, $3);

-- name: note_update(user_id text, admin bool, id text, form json) row
SELECT * FROM owui.note_update($1, $2, $3, $4);

-- name: note_check(user_id text, admin bool, id text) row
SELECT owui.note_check($1, $2, $3, 'write');

-- name: note_share(id text, user_id text, grants json) row
SELECT * FROM owui.note_share($1, $2, $3);

-- name: note_pin(user_id text, admin bool, id text) json
SELECT owui.note_pin($1, $2, $3);

-- name: note_delete(user_id text, admin bool, id text) json
SELECT owui.note_delete($1, $2, $3);

-- name: note_chat(user_id text, admin bool, id text, system text, what text) json
SELECT owui.note_chat($1, $2, $3, $4, $5);
