-- Search across everything.

-- name: search(user_id text, query text, kind text, sharing text, scope text, page bigint, messages bool, notes bool) json
SELECT owui.search($1, $2, $3, $4, $5, $6, array_remove(ARRAY['chat', CASE WHEN $7 THEN 'message' END,
	CASE WHEN $8 THEN 'note' END], NULL));
