-- name: skill_create(user_id text, form json, grants json) json
SELECT owui.skill_create($1, $2, $3);

-- name: skill_get(id text, user_id text, all_ bool) json
SELECT owui.skill_json(s) || jsonb_build_object('user', NULL, 'content', s.content,
	'write_access', owui.may('skill', s.id, s.user_id, $2, $3, 'write'))
  FROM owui.thing_open('skill', $1, $2, $3, 'read', 'ERR_NOT_FOUND', 'ERR_ACCESS_PROHIBITED'), skill s
 WHERE s.id = $1;

-- Before a change: the active version and the files.
-- name: skill_lock(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text) row
SELECT s.version_id, s.data->'files'
  FROM owui.thing_open($1, $2, $3, $4, $5, $6, $7), skill s WHERE s.id = $2 FOR UPDATE OF s;

-- name: skill_update(id text, user_id text, form json) json
SELECT owui.skill_update($1, $2, $3);

-- name: skill_restore(id text, version text) json
SELECT owui.skill_restore($1, $2);

-- What a version holds (NULL: the active one), and its id; no row when there is no such version.
-- name: skill_snapshot(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text, version text) row
SELECT CASE WHEN $8 IS NULL OR $8 = s.version_id THEN owui.skill_snapshot(s) ELSE h.snapshot END,
       coalesce($8, s.version_id), s.is_active
  FROM owui.thing_open($1, $2, $3, $4, $5, $6, $7), skill s
       LEFT JOIN skill_history h ON h.skill_id = s.id AND h.id = $8
 WHERE s.id = $2 AND ($8 IS NULL OR $8 = s.version_id OR h.id IS NOT NULL);

-- The ids of all skills that the account may read.
-- name: skill_ids(user_id text, all_ bool) json
SELECT coalesce(json_agg(s.id ORDER BY s.updated_at DESC, s.id), '[]') FROM skill s
 WHERE owui.may('skill', s.id, s.user_id, $1, $2, 'read');

-- Which of [{ id, name }] are taken, and which of them may the account replace?
-- name: skill_taken(user_id text, all_ bool, packages json) json
SELECT coalesce(json_agg(json_build_object('id_taken', s.id IS NOT NULL,
	'name_taken', EXISTS (SELECT FROM skill t WHERE t.name = p->>'name'),
	'can_replace', w, 'expected_version_id', CASE WHEN w THEN s.version_id END) ORDER BY n), '[]')
  FROM json_array_elements($3) WITH ORDINALITY AS e(p, n)
       LEFT JOIN skill s ON s.id = p->>'id'
       CROSS JOIN LATERAL (SELECT s.id IS NOT NULL AND owui.may('skill', s.id, s.user_id, $1, $2, 'write')) x(w);
