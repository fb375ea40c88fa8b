-- Conversations.  Applied by `owuictl migrate`, in file-name order: what needs functions of a later file
-- (folder.sql) is PL/pgSQL, which looks them up when it runs.  Safe to run again.

-- A chat as clients get it.
CREATE OR REPLACE FUNCTION owui.chat_json(c chat)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', c.id, 'user_id', c.user_id, 'title', c.title, 'chat', c.chat,
		'updated_at', c.updated_at, 'created_at', c.created_at, 'share_id', c.share_id,
		'archived', c.archived, 'pinned', c.pinned, 'meta', c.meta,
		'variables', CASE WHEN json_typeof(c.variables) = 'object' THEN c.variables ELSE '{}' END,
		'folder_id', c.folder_id, 'tasks', c.tasks, 'summary', c.summary,
		'current_message_id', c.current_message_id, 'context_usage', NULL)
$$;

-- The same without its document.
CREATE OR REPLACE FUNCTION owui.chat_head(c chat)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', c.id, 'user_id', c.user_id, 'title', c.title,
		'updated_at', c.updated_at, 'created_at', c.created_at, 'share_id', c.share_id,
		'archived', c.archived, 'pinned', c.pinned, 'meta', c.meta,
		'variables', CASE WHEN json_typeof(c.variables) = 'object' THEN c.variables ELSE '{}' END,
		'folder_id', c.folder_id, 'tasks', c.tasks, 'summary', c.summary,
		'current_message_id', c.current_message_id, 'context_usage', NULL)
$$;

-- Chats that the server made for itself are never listed.
CREATE OR REPLACE FUNCTION owui.chat_internal(meta json)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce($1->>'internal' = 'true', false)
$$;

-- What somebody who is not the owner may do with a chat: 'write', 'read' or NULL.  A share in the
-- mode "continue" opens it to those with a grant, a shared folder to those who may open the folder.
CREATE OR REPLACE FUNCTION owui.chat_guest_access(uid text, any_chat boolean, chat_id text, folder text)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	mode text;
BEGIN
	SELECT s.chat->>'share_mode' INTO mode FROM shared_chat s
	 WHERE s.chat_id = $3 ORDER BY s.updated_at DESC LIMIT 1;
	IF mode = 'continue' AND owui.has_access(uid, 'shared_chat', $3, 'read') THEN
		RETURN 'write';
	END IF;
	IF folder IS NOT NULL AND owui.folder_access(uid, folder, 'read') THEN
		SELECT f.data->>'share_mode' INTO mode FROM folder f WHERE f.id = folder;
		RETURN CASE WHEN mode = 'continue' THEN 'write' ELSE 'read' END;
	END IF;
	RETURN CASE WHEN any_chat THEN 'read' END;
END
$$;

-- Token counts in the three standard names, put over what the provider said.
CREATE OR REPLACE FUNCTION owui.usage_standard(u json)
RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	tokens_in bigint;
	tokens_out bigint;
	total bigint;
BEGIN
	IF json_typeof(u) IS DISTINCT FROM 'object' OR u::text = '{}' THEN
		RETURN NULL;
	END IF;
	tokens_in := coalesce(nullif((u->>'input_tokens')::numeric, 0), nullif((u->>'prompt_tokens')::numeric, 0),
		(u->>'prompt_eval_count')::numeric,
		coalesce((u->>'prompt_n')::numeric, 0) + coalesce((u->>'cache_n')::numeric, 0));
	tokens_out := coalesce(nullif((u->>'output_tokens')::numeric, 0), nullif((u->>'completion_tokens')::numeric, 0),
		nullif((u->>'eval_count')::numeric, 0), (u->>'predicted_n')::numeric, 0);
	total := coalesce(nullif((u->>'total_tokens')::numeric, 0), tokens_in + tokens_out);
	RETURN owui.json_merge(u, json_build_object('input_tokens', tokens_in,
		'output_tokens', tokens_out, 'total_tokens', total));
EXCEPTION WHEN data_exception THEN
	RETURN u;
END
$$;

-- A client's time stamp in seconds; milliseconds are accepted, nonsense becomes now.
CREATE OR REPLACE FUNCTION owui.message_time(t text)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
	v numeric;
BEGIN
	v := t::numeric;
	IF v > 10000000000 THEN
		v := v / 1000;
	END IF;
	IF v >= 1577836800 AND v <= owui.now() + 86400 THEN
		RETURN floor(v);
	END IF;
	RETURN owui.now();
EXCEPTION WHEN data_exception THEN
	RETURN owui.now();
END
$$;

-- The rows of chat_message for messages of a chat's document: `messages` is { id: message } or
-- [message …]; messages without id or role have none.
CREATE OR REPLACE FUNCTION owui.chat_message_rows(chat text, owner text, messages json)
RETURNS TABLE (id text, chat_id text, user_id text, role text, parent_id text, content json, output json,
	model_id text, files json, sources json, embeds json, done boolean, status_history json,
	error json, usage json, created_at bigint, updated_at bigint, context_summary text, meta json)
LANGUAGE sql STABLE ROWS 20 AS $$
	SELECT DISTINCT ON (m.mid) $1 || '-' || m.mid, $1,
	       coalesce(nullif(x.user_id, ''), nullif(x."user"->>'id', ''), $2), x.role,
	       nullif(coalesce(nullif(x.parent_id, ''), x."parentId"), ''), x.content, x.output,
	       coalesce(nullif(x.model_id, ''), x.model), x.files, x.sources, x.embeds,
	       coalesce(x.done = 'true', true), coalesce(x.status_history, x."statusHistory"), x.error,
	       owui.usage_standard(coalesce(x.usage, x.info->'usage')), owui.message_time(x.timestamp),
	       owui.now(), coalesce(x.context_summary, x."contextSummary"), x.meta
	  FROM (SELECT e.key AS mid, e.value, 0::bigint AS n
		  FROM json_each(CASE WHEN json_typeof($3) = 'object' THEN $3 END) e
		UNION ALL
		SELECT a.value->>'id', a.value, a.n
		  FROM json_array_elements(CASE WHEN json_typeof($3) = 'array' THEN $3 END)
		       WITH ORDINALITY AS a(value, n)
		 WHERE json_typeof(a.value) = 'object') m,
	       json_to_record(CASE WHEN json_typeof(m.value) = 'object' THEN m.value ELSE '{}' END) AS
	       x(user_id text, "user" json, role text, parent_id text, "parentId" text, content json,
		 output json, model_id text, model text, files json, sources json, embeds json, done text,
		 status_history json, "statusHistory" json, error json, usage json, info json,
		 timestamp text, context_summary text, "contextSummary" text, meta json)
	 WHERE m.mid <> '' AND x.role <> ''
	 ORDER BY m.mid, m.n DESC
$$;

-- Write those rows; what a message does not carry stays as the row has it.
CREATE OR REPLACE FUNCTION owui.chat_messages_put(chat text, owner text, messages json)
RETURNS bigint LANGUAGE sql VOLATILE AS $$
	WITH n AS (
		INSERT INTO chat_message AS o (id, chat_id, user_id, role, parent_id, content, output,
			model_id, files, sources, embeds, done, status_history, error, usage,
			created_at, updated_at, context_summary, meta)
		SELECT * FROM owui.chat_message_rows($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET
			role = excluded.role, parent_id = excluded.parent_id,
			content = coalesce(excluded.content, o.content),
			output = coalesce(excluded.output, o.output),
			model_id = coalesce(excluded.model_id, o.model_id),
			files = coalesce(excluded.files, o.files),
			sources = coalesce(excluded.sources, o.sources),
			embeds = coalesce(excluded.embeds, o.embeds),
			done = excluded.done,
			status_history = coalesce(excluded.status_history, o.status_history),
			error = coalesce(excluded.error, o.error),
			usage = coalesce(excluded.usage, o.usage),
			context_summary = coalesce(excluded.context_summary, o.context_summary),
			meta = coalesce(excluded.meta, o.meta), updated_at = excluded.updated_at
		RETURNING 1
	)
	SELECT count(*) FROM n
$$;

-- An account's tag ids that at most `threshold` of its chats use go.
CREATE OR REPLACE FUNCTION owui.tags_drop_unused(uid text, ids text[], threshold int)
RETURNS void LANGUAGE sql VOLATILE AS $$
	DELETE FROM tag t WHERE t.user_id = $1 AND t.id = ANY ($2)
	   AND (SELECT count(*) FROM chat c
		 WHERE c.user_id = $1 AND json_typeof(c.meta->'tags') = 'array'
		   AND NOT owui.chat_internal(c.meta)
		   AND EXISTS (SELECT 1 FROM json_array_elements_text(c.meta->'tags') e WHERE e = t.id)
	       ) <= $3
$$;

-- The id of a tag's name.
CREATE OR REPLACE FUNCTION owui.tag_id(name text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(replace($1, ' ', '_')) $$;

-- meta.tags as texts.
CREATE OR REPLACE FUNCTION owui.chat_tags(meta json)
RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN json_typeof($1->'tags') = 'array'
	       THEN ARRAY(SELECT e #>> '{}' FROM json_array_elements($1->'tags') e
			   WHERE json_typeof(e) = 'string') ELSE '{}' END
$$;

-- Tag rows for names that have none.
CREATE OR REPLACE FUNCTION owui.tags_ensure(uid text, names text[])
RETURNS void LANGUAGE sql VOLATILE AS $$
	INSERT INTO tag (id, name, user_id, meta)
	SELECT DISTINCT ON (owui.tag_id(x)) owui.tag_id(x), x, $1, 'null'::json FROM unnest($2) x
	ON CONFLICT (id, user_id) DO NOTHING
$$;

-- Remove chats with all that hangs on them; how many there were.
CREATE OR REPLACE FUNCTION owui.chats_delete(ids text[])
RETURNS bigint LANGUAGE sql VOLATILE AS $$
	UPDATE automation_run SET chat_id = NULL WHERE chat_id = ANY ($1);
	DELETE FROM chat_message WHERE chat_id = ANY ($1);
	DELETE FROM shared_chat WHERE chat_id = ANY ($1);
	WITH gone AS (DELETE FROM chat WHERE id = ANY ($1) RETURNING 1) SELECT count(*) FROM gone
$$;

-- Make a chat with the rows of its messages; the chat without its document.
CREATE OR REPLACE FUNCTION owui.chat_create(new_id text, owner text, new_title text, doc json, folder text,
	new_meta json, vars json, is_pinned boolean, is_archived boolean, current text,
	created bigint, updated bigint, messages json)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	answer json;
BEGIN
	INSERT INTO chat AS c (id, user_id, title, chat, folder_id, meta, variables, pinned, archived,
		current_message_id, created_at, updated_at, last_read_at, tasks)
	VALUES (new_id, owner, new_title, doc, folder, coalesce(new_meta, '{}'), coalesce(vars, '{}'),
		coalesce(is_pinned, false), coalesce(is_archived, false), current,
		coalesce(created, owui.now()), coalesce(updated, owui.now()), owui.now(), 'null')
	RETURNING owui.chat_head(c) INTO answer;
	IF messages IS NOT NULL THEN
		PERFORM owui.chat_messages_put(new_id, owner, messages);
	END IF;
	IF owui.chat_tags(new_meta) <> '{}' THEN
		PERFORM owui.tags_ensure(owner, owui.chat_tags(new_meta));
	END IF;
	RETURN answer;
END
$$;

-- Delete a chat and the internal chats it started; their ids, the chat's own first. NULL: no such
-- chat, or not the caller's and `any_chat` is not set.
CREATE OR REPLACE FUNCTION owui.chat_delete(uid text, chat_id text, any_chat boolean)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	owner text;
	tags text[];
	ids text[];
BEGIN
	SELECT c.user_id, owui.chat_tags(c.meta) INTO owner, tags FROM chat c
	 WHERE c.id = $2 AND (c.user_id = $1 OR any_chat) FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	ids := ARRAY[$2] || ARRAY(SELECT c.id FROM chat c WHERE c.user_id = owner
		AND owui.chat_internal(c.meta) AND c.meta->>'parent_chat_id' = $2);
	PERFORM owui.chats_delete(ids);
	IF tags <> '{}' THEN
		PERFORM owui.tags_drop_unused(owner, tags, 0);
	END IF;
	RETURN to_json(ids);
END
$$;

CREATE OR REPLACE FUNCTION owui.chats_delete_all(uid text)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	ids text[] := ARRAY(SELECT c.id FROM chat c WHERE c.user_id = uid);
BEGIN
	PERFORM owui.chats_delete(ids);
	DELETE FROM shared_chat s WHERE s.user_id = uid;
	DELETE FROM tag t WHERE t.user_id = uid;
	RETURN to_json(ids);
END
$$;

-- Mark all chats of an account as read, or those of some folders; how many.
CREATE OR REPLACE FUNCTION owui.chats_read(uid text, folders text[])
RETURNS bigint LANGUAGE sql VOLATILE AS $$
	WITH n AS (
		UPDATE chat SET last_read_at = updated_at
		 WHERE user_id = $1 AND archived = false AND NOT owui.chat_internal(meta)
		   AND ($2 IS NULL OR folder_id = ANY ($2))
		RETURNING 1
	)
	SELECT count(*) FROM n
$$;

-- A chat's tags as clients get them.
CREATE OR REPLACE FUNCTION owui.chat_tags_json(owner text, meta json)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(t), '[]') FROM (
		SELECT g.id, g.name, g.user_id, g.meta FROM tag g
		 WHERE g.user_id = $1 AND g.id = ANY (owui.chat_tags($2))) t
$$;

-- Put a tag on a chat of the account; the tags it has now, NULL when there is no such chat.
CREATE OR REPLACE FUNCTION owui.chat_tag_add(uid text, chat_id text, name text)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m json;
	tags text[];
BEGIN
	SELECT c.meta INTO m FROM chat c WHERE c.id = $2 AND c.user_id = $1 FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	tags := owui.chat_tags(m);
	IF owui.tag_id(name) = 'none' THEN
		RAISE EXCEPTION 'Tag name cannot be ''None''';
	END IF;
	IF NOT owui.tag_id(name) = ANY (tags) THEN
		PERFORM owui.tags_ensure(uid, ARRAY[name]);
		m := owui.json_merge(m, json_build_object('tags', tags || owui.tag_id(name)));
		UPDATE chat c SET meta = m WHERE c.id = $2;
	END IF;
	RETURN owui.chat_tags_json(uid, m);
END
$$;

-- Take a tag off a chat; its row goes with its last use.
CREATE OR REPLACE FUNCTION owui.chat_tag_remove(uid text, chat_id text, name text)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m json;
BEGIN
	SELECT c.meta INTO m FROM chat c WHERE c.id = $2 AND c.user_id = $1 FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	m := owui.json_merge(m, json_build_object('tags',
		array_remove(owui.chat_tags(m), owui.tag_id(name))));
	UPDATE chat c SET meta = m WHERE c.id = $2;
	PERFORM owui.tags_drop_unused(uid, ARRAY[owui.tag_id(name)], 0);
	RETURN owui.chat_tags_json(uid, m);
END
$$;

-- Folder `folder` and those below it with the wanted names; blanks and _ are the same.
CREATE OR REPLACE FUNCTION owui.folders_named(uid text, names text[])
RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY SELECT DISTINCT s FROM folder f, owui.folder_subtree(uid, f.id) s
	 WHERE f.user_id = uid
	   AND trim(lower(regexp_replace(f.name, '[[:space:]_]+', ' ', 'g'))) = ANY (
		SELECT trim(lower(regexp_replace(n, '[[:space:]_]+', ' ', 'g'))) FROM unnest(names) n);
END
$$;

-- The texts of a document's messages: history first, then the legacy list.
CREATE OR REPLACE FUNCTION owui.chat_texts(doc json)
RETURNS TABLE (n bigint, source int, content text) LANGUAGE sql STABLE AS $$
	SELECT e.n, 1, e.value->>'content'
	  FROM json_each(CASE WHEN json_typeof($1#>'{history,messages}') = 'object'
			      THEN $1#>'{history,messages}' END) WITH ORDINALITY AS e(key, value, n)
	 WHERE json_typeof(e.value->'content') = 'string'
	UNION ALL
	SELECT e.n, 2, e.value->>'content'
	  FROM json_array_elements(CASE WHEN json_typeof($1->'messages') = 'array'
					THEN $1->'messages' END) WITH ORDINALITY AS e(value, n)
	 WHERE json_typeof(e.value->'content') = 'string'
$$;

-- 200 characters around the first place where a needle stands; the first needle that stands anywhere.
CREATE OR REPLACE FUNCTION owui.chat_snippet(doc json, needles text[])
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	needle text;
	t text;
	at int;
	a int;
	b int;
BEGIN
	FOREACH needle IN ARRAY needles LOOP
		SELECT x.content, position(needle IN lower(x.content)) - 1 INTO t, at
		  FROM (SELECT c.*, min(c.source) OVER () AS first FROM owui.chat_texts(doc) c) x
		 WHERE x.source = x.first AND position(needle IN lower(x.content)) > 0
		 ORDER BY x.n LIMIT 1;
		IF FOUND THEN
			a := greatest(at - 100, 0);
			b := least(a + 200, length(t));
			IF at + length(needle) > b THEN
				b := least(at + length(needle), length(t));
				a := greatest(b - 200, 0);
			END IF;
			RETURN CASE WHEN a > 0 THEN '...' ELSE '' END
			    || trim(regexp_replace(substr(t, a + 1, b - a), '[[:space:]]+', ' ', 'g'))
			    || CASE WHEN b < length(t) THEN '...' ELSE '' END;
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;

-- Share a chat by a link, or take a new snapshot of a shared one.  `form` may hold share_mode.  The
-- chat, or NULL when the account has no such chat.
CREATE OR REPLACE FUNCTION owui.chat_share(uid text, chat_id text, form json)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	c chat;
	mode json := form->'share_mode';
BEGIN
	SELECT * INTO c FROM chat t WHERE t.id = $2 AND t.user_id = $1 FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	UPDATE shared_chat s SET title = c.title, updated_at = owui.now(),
	       chat = owui.json_merge(c.chat, json_build_object('share_mode', coalesce(mode, s.chat->'share_mode')))
	 WHERE s.id = c.share_id;
	IF NOT FOUND THEN
		c.share_id := gen_random_uuid()::text;
		INSERT INTO shared_chat (id, chat_id, user_id, title, chat, created_at, updated_at)
		VALUES (c.share_id, c.id, uid, c.title,
			owui.json_merge(c.chat, json_build_object('share_mode', mode)), owui.now(), owui.now());
		UPDATE chat t SET share_id = c.share_id WHERE t.id = c.id;
	END IF;
	RETURN owui.chat_json(c);
END
$$;

-- Withdraw the shares of an account's chat, or of all of them (chat_id NULL); the ids of the chats.
CREATE OR REPLACE FUNCTION owui.chat_unshare(uid text, chat_id text)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	ids text[];
BEGIN
	IF $2 IS NULL THEN
		ids := ARRAY(SELECT DISTINCT s.chat_id FROM shared_chat s WHERE s.user_id = uid);
	ELSE
		ids := ARRAY(SELECT c.id FROM chat c WHERE c.id = $2 AND c.user_id = uid);
		IF ids = '{}' THEN
			RETURN NULL;
		END IF;
	END IF;
	DELETE FROM shared_chat s WHERE s.chat_id = ANY (ids);
	UPDATE chat c SET share_id = NULL WHERE c.id = ANY (ids);
	DELETE FROM access_grant a WHERE a.resource_type = 'shared_chat' AND a.resource_id = ANY (ids);
	RETURN to_json(ids);
END
$$;

-- Set the grants of a shared chat and, when `form` holds one, its share mode: leaving "continue"
-- takes a new snapshot.  The chat.
CREATE OR REPLACE FUNCTION owui.chat_share_access(uid text, chat_id text, any_chat boolean, grants json, form json)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	c chat;
	mode json := form->'share_mode';
BEGIN
	SELECT * INTO c FROM chat t WHERE t.id = $2 AND (t.user_id = $1 OR any_chat) FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	PERFORM owui.grants_set('shared_chat', c.id, grants);
	IF mode IS NOT NULL THEN
		UPDATE shared_chat s SET
		       title = CASE WHEN json_typeof(mode) = 'null' AND s.chat->>'share_mode' = 'continue'
				    THEN c.title ELSE s.title END,
		       chat = owui.json_merge(CASE WHEN json_typeof(mode) = 'null'
				AND s.chat->>'share_mode' = 'continue' THEN c.chat ELSE s.chat END,
				json_build_object('share_mode', mode))
		 WHERE s.id = c.share_id;
	END IF;
	RETURN owui.chat_json(c);
END
$$;

-- Who wrote questions in a chat: [{ id, name }], the owner first, then by name.
CREATE OR REPLACE FUNCTION owui.chat_participants(owner text, doc json)
RETURNS json LANGUAGE sql STABLE AS $$
	WITH m AS (
		SELECT e.value FROM json_each(CASE WHEN json_typeof($2#>'{history,messages}') = 'object'
						    THEN $2#>'{history,messages}' END) e
		UNION ALL
		SELECT a.value FROM json_array_elements(
			CASE WHEN json_typeof($2#>'{history,messages}') IS DISTINCT FROM 'object'
				  AND json_typeof($2->'messages') = 'array' THEN $2->'messages' END) a
	), ids AS (
		SELECT DISTINCT coalesce(nullif(trim(value->>'user_id'), ''),
					 nullif(trim(value#>>'{user,id}'), ''), $1) AS id
		  FROM m WHERE json_typeof(value) = 'object' AND value->>'role' = 'user'
	)
	SELECT coalesce(json_agg(json_build_object('id', ids.id, 'name', u.name)
		ORDER BY ids.id <> $1, coalesce(u.name, '') = '', lower(u.name), ids.id), '[]')
	  FROM ids LEFT JOIN "user" u ON u.id = ids.id
$$;
