-- Prompts, models, skills, tools and functions alike: who may, versions, grants.  The first seven
-- parameters are those of owui.thing_open().

-- name: thing_open(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text) row
SELECT owui.thing_open($1, $2, $3, $4, $5, $6, $7);

-- name: thing_share(kind text, id text, grants json) json
SELECT owui.thing_share($1, $2, $3);

-- name: thing_toggle(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text) json
SELECT owui.thing_toggle($1, $2, $3, $4, $5, $6, $7);

-- name: thing_delete(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text) json
SELECT owui.thing_delete($1, $2, $3, $4, $5, $6, $7);

-- name: version_list(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text, page bigint, first bigint) json
SELECT owui.version_list($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: version_get(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text, version text) json
SELECT owui.version_head(v) || jsonb_build_object('snapshot', v.snapshot)
       || CASE WHEN $1 IN ('prompt', 'skill') THEN '{}' ELSE owui.version_author(v) END
  FROM owui.thing_open($1, $2, $3, $4, $5, $6, $7), owui.version v
 WHERE v.kind = $1 AND v.thing = $2 AND v.id = $8;

-- name: version_delete(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text, version text) json
SELECT owui.version_delete($1, $2, $3, $4, $5, $6, $7, $8);

-- The snapshots of two versions; NULL where there is none.
-- name: version_two(kind text, id text, user_id text, all_ bool, permission text, missing text, closed text, old text, new text) row
SELECT (SELECT snapshot FROM owui.version WHERE kind = $1 AND thing = $2 AND id = $8),
       (SELECT snapshot FROM owui.version WHERE kind = $1 AND thing = $2 AND id = $9)
  FROM owui.thing_open($1, $2, $3, $4, $5, $6, $7);
