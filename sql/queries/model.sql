-- Every row, for the list of models that a process holds.
-- name: model_rows() rows
SELECT owui.model_json(m) FROM model m ORDER BY m.created_at, m.id;

-- What grants open to an account: ('model', id) rows, and ('group', id) for its groups.
-- name: model_access(user_id text) rows
SELECT 'model', owui.accessible($1, 'model', 'read')
UNION ALL
SELECT 'group', owui.user_groups($1);

-- name: model_find(id text, user_id text, any_model bool) row
SELECT owui.model_may(m, $2, $3, 'write'), owui.model_may(m, $2, $3, 'read'), m.base_model_id,
       owui.model_json(m)
  FROM model m WHERE m.id = $1;

-- name: model_create(user_id text, form json) json
SELECT owui.model_create($1, $2);

-- name: model_update(user_id text, form json) json
SELECT owui.model_update($1, $2);

-- name: model_sync(user_id text, models json) json
SELECT owui.model_sync($1, $2);

-- name: model_toggle(id text) json
UPDATE model SET is_active = NOT is_active, updated_at = owui.now() WHERE id = $1
RETURNING owui.model_json(model);

-- name: model_delete(id text) bigint
SELECT owui.model_delete(ARRAY[$1]);

-- name: model_delete_all() bigint
SELECT owui.model_delete(ARRAY(SELECT id FROM model));

-- name: model_grants(id text, grants json) json
WITH g AS (SELECT owui.grants_set('model', $1, $2))
UPDATE model m SET updated_at = owui.now() FROM g WHERE m.id = $1 RETURNING 'true'::json;

-- name: model_get(id text) json
SELECT owui.model_json(m) FROM model m WHERE m.id = $1;

-- name: model_all() json
SELECT coalesce(json_agg(owui.model_json(m) ORDER BY m.created_at, m.id), '[]') FROM model m;

-- Overrides of the providers' models, with a tag or all.
-- name: model_base(tag text) json
SELECT coalesce(json_agg(owui.model_json(m) ORDER BY m.created_at, m.id), '[]') FROM model m
 WHERE m.base_model_id IS NULL
   AND ($1 IS NULL OR owui.model_meta(m.meta)->'tags' @> jsonb_build_array(jsonb_build_object('name', $1)));

-- Names of tags of overrides (base) or presets.
-- name: model_tag_names(base bool, user_id text, any_model bool) json
SELECT coalesce(json_agg(name ORDER BY name COLLATE "C"), '[]') FROM (
	SELECT DISTINCT t->>'name' FROM model m,
	       jsonb_array_elements(coalesce(owui.model_meta(m.meta)->'tags', '[]')) AS t
	 WHERE (m.base_model_id IS NULL) = $1 AND owui.model_may(m, $2, $3, 'read')) AS x(name);

-- Presets, 30 to a page.
-- name: model_page(user_id text, any_model bool, query text, view text, tag text, order_by text, direction text, page bigint) json
WITH hit AS (
	SELECT m, u.id AS uid, m.name, m.created_at, m.updated_at,
	       age(m.xmin) AS age, m.ctid AS place
	  FROM model m LEFT JOIN "user" u ON u.id = m.user_id
	 WHERE m.base_model_id IS NOT NULL AND owui.model_may(m, $1, $2, 'read')
	   AND ($3 IS NULL OR m.name ILIKE '%' || $3 || '%' OR m.base_model_id ILIKE '%' || $3 || '%'
		OR u.name ILIKE '%' || $3 || '%' OR u.email ILIKE '%' || $3 || '%'
		OR u.username ILIKE '%' || $3 || '%')
	   AND ($4 IS NULL OR $4 NOT IN ('created', 'shared') OR (m.user_id = $1) = ($4 = 'created'))
	   AND (coalesce($5, '') = '' OR EXISTS (SELECT FROM jsonb_array_elements(
		coalesce(owui.model_meta(m.meta)->'tags', '[]')) AS t WHERE lower(t->>'name') = lower($5)))
), page AS (
	SELECT *, row_number() OVER (ORDER BY
		CASE WHEN $6 = 'name' AND $7 = 'asc' THEN name END,
		CASE WHEN $6 = 'name' THEN name END DESC,
		CASE WHEN $6 = 'created_at' AND $7 = 'asc' THEN created_at
		     WHEN $6 = 'updated_at' AND $7 = 'asc' THEN updated_at END,
		CASE WHEN $6 = 'updated_at' THEN updated_at END DESC,
		CASE WHEN $6 = 'created_at' OR $2 AND coalesce($3, $4, $5, $6, $7) IS NULL THEN created_at
		     END DESC, created_at, age DESC, place) AS n
	  FROM hit ORDER BY n LIMIT 30 OFFSET (greatest($8, 1) - 1) * 30
)
SELECT json_build_object('items', coalesce((SELECT json_agg(
	(owui.model_json(m) #- '{meta,profile_image_url}')
	|| jsonb_build_object('user', owui.user_brief(uid), 'write_access', owui.model_may(m, $1, $2, 'write'))
	|| CASE WHEN owui.model_may(m, $1, $2, 'write') THEN '{}'::jsonb ELSE '{"params": {}}' END
	ORDER BY n) FROM page), '[]'), 'total', (SELECT count(*) FROM hit));

-- name: model_export(user_id text, any_model bool, ids json) row
SELECT coalesce(json_agg(owui.model_json(m) || '{"background_image_data": null}' ORDER BY m.created_at, m.id), '[]'),
       count(*)
  FROM model m WHERE m.base_model_id IS NOT NULL AND owui.model_may(m, $1, $2, 'write')
   AND ($3 IS NULL OR m.id IN (SELECT json_array_elements_text($3)));

-- name: model_image(id text, user_id text, any_model bool) row
SELECT owui.model_meta(m.meta)->>'profile_image_url', m.updated_at
  FROM model m WHERE m.id = $1 AND owui.model_may(m, $2, $3, 'read');

-- name: model_history_base(id text, history text) row
SELECT snapshot->>'base_model_id' FROM model_history WHERE model_id = $1 AND id = $2;

-- name: model_restore(user_id text, all_ bool, id text, history text) json
SELECT owui.model_restore($1, $2, $3, $4);
