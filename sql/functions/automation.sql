-- Prompts that run by themselves.

CREATE OR REPLACE FUNCTION owui.automation_run_json(r automation_run) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT json_build_object('id', r.id, 'automation_id', r.automation_id, 'chat_id', r.chat_id,
		'status', r.status, 'error', r.error, 'created_at', r.created_at)
$$;

-- next_runs are put in where one automation is shown.
CREATE OR REPLACE FUNCTION owui.automation_json(a automation) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', a.id, 'user_id', a.user_id, 'folder_id', a.folder_id, 'name', a.name,
		'data', a.data, 'meta', owui.json_value(a.meta), 'is_active', a.is_active,
		'last_run_at', a.last_run_at, 'next_run_at', a.next_run_at, 'created_at', a.created_at,
		'updated_at', a.updated_at, 'last_run', (SELECT owui.automation_run_json(r) FROM automation_run r
			WHERE r.automation_id = a.id ORDER BY r.created_at DESC LIMIT 1), 'next_runs', NULL)
$$;

-- Raises unless the folder is the account's own (NULL: none is named).
CREATE OR REPLACE FUNCTION owui.automation_folder(uid text, folder text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF folder IS NOT NULL AND NOT EXISTS (SELECT FROM folder f WHERE f.id = folder AND f.user_id = uid) THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	END IF;
END
$$;

-- Make an automation unless the account has `most` of them (0: no limit).
CREATE OR REPLACE FUNCTION owui.automation_create(uid text, form json, next bigint, most bigint) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	answer json;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('owui.automation'), hashtext(uid));
	IF most > 0 AND (SELECT count(*) FROM automation a WHERE a.user_id = uid) >= most THEN
		RAISE EXCEPTION '403 Automation limit reached (%)', most;
	END IF;
	INSERT INTO automation AS a (id, user_id, folder_id, name, data, meta, is_active, next_run_at, created_at, updated_at)
	SELECT gen_random_uuid()::text, uid, form->>'folder_id', form->>'name', form->'data',
	       owui.json_value(form->'meta'), coalesce((form->>'is_active')::boolean, true), next, n, n
	  FROM (SELECT owui.now_ns()) AS t(n)
	RETURNING owui.automation_json(a) INTO answer;
	RETURN answer;
END
$$;

-- The chat of a run, with the question and an answer that waits to be written.  A folder that is gone is
-- forgotten.
CREATE OR REPLACE FUNCTION owui.automation_chat(automation_id text, chat_id text, question text, answer text,
						prompt text)
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	a automation;
	messages json;
BEGIN
	SELECT * INTO a FROM automation x WHERE x.id = $1;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF a.folder_id IS NOT NULL AND NOT EXISTS (SELECT FROM folder f
			WHERE f.id = a.folder_id AND f.user_id = a.user_id) THEN
		UPDATE automation x SET folder_id = NULL WHERE x.id = $1;
		a.folder_id := NULL;
	END IF;
	messages := json_build_object(
		question, json_build_object('id', question, 'parentId', NULL, 'role', 'user', 'content', prompt,
			'childrenIds', json_build_array(answer), 'timestamp', owui.now(),
			'models', json_build_array(a.data->'model_id')),
		answer, json_build_object('id', answer, 'parentId', question, 'role', 'assistant', 'content', '',
			'done', false, 'model', a.data->'model_id', 'childrenIds', '[]'::json, 'timestamp', owui.now()));
	PERFORM owui.chat_create(chat_id, a.user_id, a.name, json_build_object('id', chat_id, 'title', a.name,
		'models', json_build_array(a.data->'model_id'),
		'history', json_build_object('currentId', answer, 'messages', messages),
		'messages', json_build_array(json_build_object('role', 'user', 'content', prompt)),
		'meta', json_build_object('automation_id', a.id)), a.folder_id, NULL, NULL, false, false, answer,
		NULL, NULL, messages);
	RETURN true;
END
$$;
