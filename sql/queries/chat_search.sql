-- Find chats: filters { tags, folders, pinned, archived, shared }, then a phrase, or all of the terms, in title
-- or messages.
-- name: chat_search(user text, filters json, phrase text, phrase_grams text, terms json, term_grams text, needles json, skip bigint) json
SELECT owui.chat_search($1, $2, $3, $4::int[], $5, $6::int[], $7, $8);

-- Take marks away that are older than `age` seconds: the chats to be read, locked until the end of the
-- transaction.
-- name: search_take(age bigint, max bigint) rows
DELETE FROM owui.chat_stale WHERE chat_id IN (
	SELECT chat_id FROM owui.chat_stale WHERE since <= owui.now() - $1 ORDER BY since LIMIT $2
	   FOR UPDATE SKIP LOCKED) RETURNING chat_id;

-- name: search_body(chat text) row
SELECT c.user_id, owui.chat_body(c) FROM chat c WHERE c.id = $1;

-- name: search_put(chat text, body text, grams text) row
INSERT INTO owui.chat_index (chat_id, body, grams) SELECT id, $2, $3::int[] FROM chat WHERE id = $1
    ON CONFLICT (chat_id) DO UPDATE SET body = excluded.body, grams = excluded.grams;
