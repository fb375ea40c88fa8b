-- Memories of an account.

-- name: memory_list(user_id text) json
SELECT coalesce(json_agg(owui.memory_json(m) ORDER BY m.created_at, m.id), '[]')
  FROM memory m WHERE m.user_id = $1;

-- name: memory_add(user_id text, content text, type text, path text) json
INSERT INTO memory AS m (id, user_id, type, path, content, meta, created_at, updated_at)
SELECT gen_random_uuid()::text, $1, $3, $4, $2, '{"created_by": "manual"}', n, n FROM (SELECT owui.now()) AS t(n)
RETURNING owui.memory_json(m);

-- name: memory_get(user_id text, id text) row
SELECT content, path FROM memory WHERE user_id = $1 AND id = $2;

-- What stays unchanged is NULL; the path is changed when `move` is set.
-- name: memory_update(user_id text, id text, content text, type text, path text, move bool) json
UPDATE memory m SET content = coalesce($3, content), type = coalesce($4, type),
       path = CASE WHEN $6 THEN $5 ELSE path END, updated_at = owui.now(),
       meta = owui.json_merge(meta, '{"created_by": "manual"}')
 WHERE m.user_id = $1 AND m.id = $2 RETURNING owui.memory_json(m);

-- name: memory_apply(user_id text, operations json, meta json) json
SELECT owui.memory_apply($1, $2, $3);

-- Texts of some memories: { id: content }.
-- name: memory_contents(user_id text, ids json) json
SELECT coalesce(json_object_agg(id, content), '{}') FROM memory
 WHERE user_id = $1 AND id IN (SELECT json_array_elements_text($2));

-- name: memory_any(user_id text) bool
SELECT EXISTS (SELECT FROM memory WHERE user_id = $1);

-- name: memory_delete(user_id text, id text) json
WITH d AS (
	DELETE FROM memory WHERE user_id = $1 AND id = $2 RETURNING id
), v AS (
	SELECT owui.vector_delete('user-memory-' || $1, json_build_array(id)) FROM d
)
SELECT to_json(EXISTS (SELECT FROM d) AND EXISTS (SELECT FROM v));

-- name: memory_delete_all(user_id text) json
WITH d AS (
	DELETE FROM memory WHERE user_id = $1
)
SELECT 'true'::json FROM owui.vector_delete('user-memory-' || $1, NULL);

-- name: memory_users() rows
SELECT id FROM "user" ORDER BY id;

-- name: memory_search(user_id text, query text, type text, path text, id text, max bigint) json
SELECT owui.memory_search($1, $2, $3, $4, $5, $6);

-- name: memory_paths(user_id text, query text, type text, max bigint) json
SELECT owui.memory_paths($1, $2, $3, $4);

-- name: memory_path(user_id text, path text, type text, children bool, max bigint) json
SELECT owui.memory_path($1, $2, $3, $4, $5);

-- What a turn is told of an account without searching: all about the person, and what lies under up to six
-- paths that the words name.  { user: [{ id, path, content }], near: […] }
-- name: memory_context(user text, words text) json
WITH hint AS (
	SELECT path FROM (
		SELECT DISTINCT ON (m.path) m.path
		  FROM memory m
		 WHERE m.user_id = $1 AND m.path <> ''
		   AND (strpos(lower($2), lower(m.path)) > 0
			OR EXISTS (SELECT FROM unnest(string_to_array(m.path, '/')) WITH ORDINALITY AS p(part, n)
				    WHERE strpos(lower($2), lower(part)) > 0
				      AND (length(part) >= 3 OR n = cardinality(string_to_array(m.path, '/')))))
		 ORDER BY m.path LIMIT 6) AS x
)
SELECT json_build_object(
	'user', (SELECT json_agg(json_build_object('id', m.id, 'path', m.path, 'content', m.content))
		   FROM memory m WHERE m.user_id = $1 AND m.type = 'user'),
	'near', (SELECT json_agg(found) FROM hint h,
			json_array_elements(owui.memory_search($1, '', 'context', h.path, '', 4)) AS found));
