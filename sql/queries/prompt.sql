-- name: prompt_create(user_id text, form json, grants json) json
SELECT owui.prompt_create($1, $2, $3);

-- name: prompt_get(id text, user_id text, admin bool, all_ bool) json
SELECT owui.prompt_json(p) || jsonb_build_object('user', NULL,
	'write_access', owui.may('prompt', p.id, p.user_id, $2, $4, 'write'))
  FROM prompt p WHERE p.id = $1 AND owui.may('prompt', p.id, p.user_id, $2, $3, 'read');

-- name: prompt_update(id text, user_id text, every bool, form json) json
SELECT owui.prompt_update($1, $2, $3, $4);

-- name: prompt_rename(id text, user_id text, every bool, form json) json
SELECT owui.prompt_rename($1, $2, $3, $4);

-- name: prompt_restore(id text, user_id text, every bool, version text) json
SELECT owui.prompt_restore($1, $2, $3, $4);
