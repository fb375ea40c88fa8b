-- Notes.

-- A whole note as the account gets it, with these data.
CREATE OR REPLACE FUNCTION owui.note_json(n note, data json, uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', n.id, 'user_id', n.user_id, 'title', n.title, 'data', data,
		'meta', owui.json_value(n.meta),
		'is_pinned', EXISTS (SELECT FROM pinned_note p WHERE p.note_id = n.id AND p.user_id = uid),
		'access_grants', owui.grants_json('note', n.id),
		'created_at', n.created_at, 'updated_at', n.updated_at)
$$;

-- The data of a note: always an object.
CREATE OR REPLACE FUNCTION owui.note_data(n note) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN json_typeof(n.data) = 'object' THEN n.data ELSE '{}' END
$$;

-- A note in lists: the first 1000 characters of its text.
CREATE OR REPLACE FUNCTION owui.note_brief(data json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN json_typeof(data) = 'object' AND data::text <> '{}' THEN json_build_object(
		'content', json_build_object('md', left(coalesce(data #>> '{content,md}', ''), 1000)))
	       ELSE '{}' END
$$;

CREATE OR REPLACE FUNCTION owui.note_item(n note, uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', n.id, 'title', n.title, 'data', owui.note_brief(n.data),
		'is_pinned', EXISTS (SELECT FROM pinned_note p WHERE p.note_id = n.id AND p.user_id = uid),
		'updated_at', n.updated_at, 'created_at', n.created_at, 'user', owui.user_brief(n.user_id))
$$;

-- Lists: `permission` is "read", "write", or "read_only" for what may be read and not changed.
CREATE OR REPLACE FUNCTION owui.note_listed(n note, uid text, all_ boolean, permission text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN all_ AND permission <> 'read_only' THEN true
		    WHEN permission = 'read_only' THEN n.user_id <> uid
			AND owui.has_access(uid, 'note', n.id, 'read')
			AND NOT owui.has_access(uid, 'note', n.id, 'write')
		    ELSE n.user_id = uid OR owui.has_access(uid, 'note', n.id, permission) END
$$;

-- Raises unless the note is there and the account may use it; locks it for a change.
CREATE OR REPLACE FUNCTION owui.note_check(uid text, admin boolean, note_id text, permission text)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	owner text;
BEGIN
	SELECT n.user_id INTO owner FROM note n WHERE n.id = note_id FOR NO KEY UPDATE;
	PERFORM owui.must_may('note', note_id, owner, uid, admin, permission, 'ERR_DEFAULT_403');
END
$$;

CREATE OR REPLACE FUNCTION owui.note_create(uid text, form json, grants json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	new_note note;
BEGIN
	INSERT INTO note (id, user_id, title, data, meta, created_at, updated_at)
	SELECT gen_random_uuid()::text, uid, form->>'title', owui.json_value(form->'data'),
	       owui.json_value(form->'meta'), n, n FROM (SELECT owui.now_ns()) AS t(n)
	RETURNING * INTO new_note;
	PERFORM owui.grants_set('note', new_note.id, grants);
	RETURN owui.note_json(new_note, owui.note_data(new_note), uid);
END
$$;

CREATE OR REPLACE FUNCTION owui.note_get(uid text, admin boolean, note_id text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	found_note note;
BEGIN
	SELECT * INTO found_note FROM note n WHERE n.id = note_id;
	PERFORM owui.must_may('note', note_id, found_note.user_id, uid, admin, 'read', 'ERR_DEFAULT_403');
	RETURN owui.json_merge(owui.note_json(found_note, owui.note_data(found_note), uid),
		json_build_object('write_access',
			owui.may('note', note_id, found_note.user_id, uid, admin, 'write')));
END
$$;

-- May the account attach the files that `entries` adds to those of the note?
CREATE OR REPLACE FUNCTION owui.note_files_allowed(uid text, admin boolean, old json, entries json)
RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT CASE coalesce(json_typeof(entries), 'null') WHEN 'null' THEN true
	       WHEN 'array' THEN admin OR NOT EXISTS (
			SELECT FROM json_array_elements(entries) e
			 WHERE json_typeof(e) = 'object' AND e->>'type' = 'file'
			   AND coalesce(e->>'id', '') <> ''
			   AND NOT EXISTS (SELECT FROM json_array_elements(CASE WHEN json_typeof(old) = 'array'
					THEN old ELSE '[]' END) o
				WHERE json_typeof(o) = 'object' AND o->>'type' = 'file' AND o->>'id' = e->>'id')
			   AND NOT owui.folder_file_readable(uid, false, e))
	       ELSE false END
$$;

-- Change title, data and meta; members are merged at the top level.  The answer, and what those who have
-- the note open are told: the data that were sent.
CREATE OR REPLACE FUNCTION owui.note_update(uid text, admin boolean, note_id text, form json)
RETURNS TABLE (answer json, event json) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	was note;
	n note;
BEGIN
	PERFORM owui.note_check(uid, admin, note_id, 'write');
	SELECT * INTO was FROM note o WHERE o.id = note_id;
	IF NOT owui.note_files_allowed(uid, admin, was.data->'files', form #> '{data,files}') THEN
		RAISE EXCEPTION 'ERR_DEFAULT_403';
	ELSIF json_typeof(form->'title') = 'null' THEN
		RAISE EXCEPTION 'ERR_DEFAULT';
	END IF;
	n := was;
	n.title := coalesce(form->>'title', was.title);
	n.data := CASE WHEN form->'data' IS NULL THEN owui.note_data(was)
		       ELSE owui.json_merge(owui.note_data(was), form->'data') END;
	n.meta := CASE WHEN form->'meta' IS NULL THEN was.meta ELSE owui.json_merge(was.meta, form->'meta') END;
	IF (n.title, n.data::jsonb, n.meta::jsonb) IS DISTINCT FROM (was.title, was.data::jsonb, was.meta::jsonb) THEN
		n.updated_at := owui.now_ns();
		UPDATE note o SET title = n.title, data = n.data, meta = n.meta, updated_at = n.updated_at
		 WHERE o.id = note_id;
	END IF;
	RETURN QUERY SELECT owui.note_json(n, n.data, uid), owui.note_json(n, CASE
		WHEN json_typeof(form->'data') = 'object' THEN (SELECT coalesce(json_object_agg(key, value), '{}')
			FROM json_each(n.data) WHERE key IN (SELECT json_object_keys(form->'data')))
		ELSE n.data END, uid);
END
$$;

-- Give other grants.  The answer, and the accounts that may not read the note any more.
CREATE OR REPLACE FUNCTION owui.note_share(note_id text, uid text, grants json)
RETURNS TABLE (answer json, gone json) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	before text[] := ARRAY(SELECT owui.granted_users('note', note_id, 'read'));
BEGIN
	PERFORM owui.grants_set('note', note_id, grants);
	RETURN QUERY SELECT owui.note_json(n, owui.note_data(n), uid),
		(SELECT coalesce(json_agg(u.id), '[]') FROM "user" u
		  WHERE u.id = ANY (before) AND u.role <> 'admin' AND u.id <> n.user_id
		    AND u.id NOT IN (SELECT owui.granted_users('note', note_id, 'read')))
	  FROM note n WHERE n.id = note_id;
END
$$;

-- Pin the note, or take the pin away.
CREATE OR REPLACE FUNCTION owui.note_pin(uid text, admin boolean, note_id text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.note_check(uid, admin, note_id, 'read');
	DELETE FROM pinned_note p WHERE p.note_id = $3 AND p.user_id = uid;
	IF NOT FOUND THEN
		INSERT INTO pinned_note (id, user_id, note_id, created_at)
		VALUES (gen_random_uuid()::text, uid, $3, owui.now_ns()) ON CONFLICT DO NOTHING;
	END IF;
	RETURN (SELECT owui.note_json(n, owui.note_data(n), uid) FROM note n WHERE n.id = $3);
END
$$;

CREATE OR REPLACE FUNCTION owui.note_delete(uid text, admin boolean, note_id text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.note_check(uid, admin, note_id, 'write');
	DELETE FROM access_grant a WHERE a.resource_type = 'note' AND a.resource_id = note_id;
	DELETE FROM note n WHERE n.id = note_id;	-- its pins go with it
	RETURN 'true';
END
$$;

-- A new hidden conversation beside a note.
CREATE OR REPLACE FUNCTION owui.note_chat_create(uid text, note_id text, system text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	new_id text := gen_random_uuid()::text;
BEGIN
	PERFORM owui.chat_create(new_id, uid, 'Chat', json_build_object('id', new_id, 'title', 'Chat',
		'models', json_build_array(''), 'params', json_build_object('system', system),
		'history', json_build_object('messages', '{}'::json, 'currentId', NULL),
		'messages', '[]'::json, 'tags', '[]'::json), NULL,
		json_build_object('internal', true, 'type', 'note', 'note_id', note_id),
		NULL, false, false, NULL, NULL, NULL, NULL);
	RETURN (SELECT owui.chat_json(c) FROM chat c WHERE c.id = new_id);
END
$$;

-- The account's hidden conversations beside a note, newest first; each gets the system prompt again that
-- it was made with.
CREATE OR REPLACE FUNCTION owui.note_chats(uid text, note_id text, system text) RETURNS SETOF chat
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	UPDATE chat c SET chat = owui.json_merge(c.chat, json_build_object('params',
		owui.json_merge(owui.json_without(CASE WHEN json_typeof(c.chat->'params') = 'object'
			THEN c.chat->'params' ELSE '{}' END, 'note_id'), json_build_object('system', $3))))
	 WHERE c.user_id = $1 AND c.meta->>'note_id' = $2 AND c.meta->>'type' = 'note'
	   AND owui.chat_internal(c.meta)
	   AND (c.chat #>> '{params,system}' IS DISTINCT FROM $3 OR c.chat #> '{params,note_id}' IS NOT NULL);
	RETURN QUERY SELECT * FROM chat c
	 WHERE c.user_id = $1 AND c.meta->>'note_id' = $2 AND c.meta->>'type' = 'note'
	   AND owui.chat_internal(c.meta)
	 ORDER BY c.updated_at DESC, c.created_at DESC;
END
$$;

-- `what`: "newest" (made when there is none), "new", or "all".
CREATE OR REPLACE FUNCTION owui.note_chat(uid text, admin boolean, note_id text, system text, what text)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	answer json;
BEGIN
	PERFORM owui.note_check(uid, admin, note_id, 'read');
	IF what = 'all' THEN
		RETURN (SELECT coalesce(json_agg(owui.chat_json(c)), '[]') FROM owui.note_chats(uid, note_id, system) c);
	ELSIF what = 'newest' THEN
		SELECT owui.chat_json(c) INTO answer FROM owui.note_chats(uid, note_id, system) c LIMIT 1;
	END IF;
	RETURN coalesce(answer, owui.note_chat_create(uid, note_id, system));
END
$$;
