-- name: tag_list(user text) json
SELECT coalesce(json_agg(t), '[]') FROM (
	SELECT id, name, user_id, meta FROM tag WHERE user_id = $1) t;

-- Tags of a chat that the account may read.
-- name: tag_list_chat(user text, id text, any bool) json
SELECT owui.chat_tags_json(c.user_id, c.meta) FROM chat c
 WHERE c.id = $2 AND (c.user_id = $1 OR owui.chat_guest_access($1, $3, c.id, c.folder_id) IS NOT NULL);

-- name: tag_add(user text, id text, body json) json
SELECT owui.chat_tag_add($1, $2, $3->>'name');

-- name: tag_remove(user text, id text, body json) json
SELECT owui.chat_tag_remove($1, $2, $3->>'name');

-- name: tag_drop(user text, name text) count
DELETE FROM tag WHERE user_id = $1 AND id = owui.tag_id($2);

-- name: tag_drop_unused(user text, name text) row
SELECT owui.tags_drop_unused($1, ARRAY[owui.tag_id($2)], 0);
