-- name: feedback_create(user_id text, form json) json
INSERT INTO feedback (id, user_id, version, type, data, meta, snapshot, created_at, updated_at)
SELECT gen_random_uuid()::text, $1, 0, $2->>'type', coalesce($2->'data', 'null'),
       coalesce($2->'meta', 'null'), coalesce($2->'snapshot', 'null'), owui.now(), owui.now()
RETURNING owui.feedback_json(feedback);

-- name: feedback_get(id text, user_id text, admin bool) json
SELECT owui.feedback_json(f) FROM feedback f WHERE f.id = $1 AND ($3 OR f.user_id = $2);

-- name: feedback_update(id text, user_id text, admin bool, form json) json
UPDATE feedback f SET data = coalesce(owui.json_value($4->'data'), data), meta = owui.json_or($4->'meta', meta),
       snapshot = coalesce(owui.json_value($4->'snapshot'), snapshot), updated_at = owui.now()
 WHERE f.id = $1 AND ($3 OR f.user_id = $2) RETURNING owui.feedback_json(f);

-- name: feedback_delete(id text, user_id text, admin bool) json
DELETE FROM feedback f WHERE f.id = $1 AND ($3 OR f.user_id = $2) RETURNING 'true'::json;

-- All of an account, or all that there are (NULL): was there any?
-- name: feedback_delete_all(user_id text) json
WITH gone AS (DELETE FROM feedback WHERE $1 IS NULL OR user_id = $1 RETURNING 1)
SELECT to_json(count(*) > 0) FROM gone;

-- name: feedback_mine(user_id text, page bigint) json
WITH hit AS MATERIALIZED (
	SELECT f, u, row_number() OVER (ORDER BY f.updated_at DESC, f.id) AS n
	  FROM feedback f JOIN "user" u ON u.id = f.user_id WHERE f.user_id = $1
	 ORDER BY n LIMIT 30 OFFSET (greatest(coalesce($2, 1), 1) - 1) * 30
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.feedback_item(f, u) ORDER BY n) FROM hit), '[]'),
	'total', (SELECT count(*) FROM feedback f JOIN "user" u ON u.id = f.user_id WHERE f.user_id = $1));

-- Ordered by username, model_id, rating or updated_at ("asc" or else descending), 30 to a page.
-- name: feedback_page(order_by text, direction text, page bigint, model text) json
WITH hit AS (
	SELECT f, u, f.created_at, f.updated_at, f.id, CASE $1 WHEN 'username' THEN u.name
		WHEN 'model_id' THEN f.data->>'model_id' WHEN 'rating' THEN f.data->>'rating' END AS word
	  FROM feedback f JOIN "user" u ON u.id = f.user_id
	 WHERE $4 IS NULL OR $4 = '' OR f.data->>'model_id' = $4
), page AS (
	SELECT f, u, row_number() OVER (ORDER BY CASE WHEN $2 = 'asc' THEN word END,
		CASE WHEN $2 IS DISTINCT FROM 'asc' THEN word END DESC,
		CASE WHEN $1 = 'updated_at' AND $2 = 'asc' THEN updated_at END,
		CASE WHEN $1 = 'updated_at' THEN updated_at END DESC, created_at DESC, id) AS n
	  FROM hit ORDER BY n LIMIT 30 OFFSET (greatest(coalesce($3, 1), 1) - 1) * 30
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.feedback_item(f, u) ORDER BY n) FROM page), '[]'),
	'total', (SELECT count(*) FROM hit));

-- name: feedback_ids() json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT id, user_id, created_at, updated_at FROM feedback ORDER BY updated_at DESC, id) x;

-- name: feedback_export(model text) json
SELECT coalesce(json_agg(owui.feedback_json(f) ORDER BY f.updated_at DESC, f.id), '[]') FROM feedback f
 WHERE $1 IS NULL OR $1 = '' OR f.data->>'model_id' = $1;

-- name: feedback_models() json
SELECT coalesce(json_agg(id ORDER BY id COLLATE "C"), '[]') FROM (
	SELECT DISTINCT data->>'model_id' AS id FROM feedback) x WHERE id <> '';

-- Every vote, oldest first.
-- name: feedback_votes() rows
SELECT x.model_id, x.rating, x.sibling_model_ids, x.tags
  FROM feedback f, json_to_record(CASE WHEN json_typeof(f.data) = 'object' THEN f.data ELSE '{}' END)
       AS x(model_id text, rating text, sibling_model_ids json, tags json)
 WHERE x.model_id <> '' ORDER BY f.created_at, f.id;

-- When a model was voted up or down; since: seconds, 0 for ever.
-- name: feedback_days(model text, since bigint) rows
SELECT created_at, data->>'rating' FROM feedback
 WHERE created_at >= $2 AND data->>'model_id' = $1 AND data->>'rating' IN ('1', '-1') ORDER BY created_at;
