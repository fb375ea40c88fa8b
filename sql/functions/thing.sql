-- What accounts make, share and keep versions of, whatever its kind: prompts, models, skills, tools,
-- functions.  Each kind has a table of its own, with a <kind>_history beside it.

CREATE OR REPLACE VIEW owui.thing AS
	SELECT 'prompt' AS kind, id::text AS id, user_id::text AS user_id, version_id FROM prompt
	UNION ALL SELECT 'model', id, user_id, version_id FROM model
	UNION ALL SELECT 'skill', id, user_id, version_id FROM skill
	UNION ALL SELECT 'tool', id, user_id, version_id FROM tool
	UNION ALL SELECT 'function', id, user_id, version_id FROM function;

CREATE OR REPLACE VIEW owui.version AS
	SELECT 'prompt' AS kind, prompt_id AS thing, id, parent_id, snapshot, user_id, commit_message,
	       created_at FROM prompt_history
	UNION ALL SELECT 'model', model_id, id, parent_id, snapshot, user_id, commit_message, created_at
	  FROM model_history
	UNION ALL SELECT 'skill', skill_id, id, parent_id, snapshot, user_id, commit_message, created_at
	  FROM skill_history
	UNION ALL SELECT 'tool', tool_id, id, parent_id, snapshot, user_id, commit_message, created_at
	  FROM tool_history
	UNION ALL SELECT 'function', function_id, id, parent_id, snapshot, user_id, commit_message, created_at
	  FROM function_history;

-- Stop with the error `missing` when there is no such thing, with `closed` when the account may not use it
-- ("read", "write"; all_: it may use everything).  Errors by their names (fcgi/errors.h) or as texts.
CREATE OR REPLACE FUNCTION owui.thing_open(kind_ text, thing text, uid text, all_ boolean, permission text,
	missing text, closed text) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
	owner text;
BEGIN
	SELECT t.user_id INTO owner FROM owui.thing t WHERE t.kind = kind_ AND t.id = thing;
	IF NOT FOUND THEN
		RAISE EXCEPTION '%', missing;
	END IF;
	IF NOT owui.may(kind_, thing, owner, uid, all_, permission) THEN
		RAISE EXCEPTION '%', closed;
	END IF;
END
$$;

-- A thing as its routes answer it.
CREATE OR REPLACE FUNCTION owui.thing_json(kind_ text, thing text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RETURN CASE kind_
		WHEN 'prompt' THEN (SELECT owui.prompt_json(t) FROM prompt t WHERE t.id = thing)
		WHEN 'model' THEN (SELECT owui.model_json(t) FROM model t WHERE t.id = thing)
		WHEN 'skill' THEN (SELECT owui.skill_full(t) FROM skill t WHERE t.id = thing)
		WHEN 'tool' THEN (SELECT owui.tool_json(t) FROM tool t WHERE t.id = thing)
		WHEN 'function' THEN (SELECT owui.function_json(t)::jsonb FROM function t WHERE t.id = thing) END;
END
$$;

CREATE OR REPLACE FUNCTION owui.thing_share(kind_ text, thing text, grants json) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.grants_set(kind_, thing, grants);
	RETURN owui.thing_json(kind_, thing);
END
$$;

-- Switch a thing on or off.
CREATE OR REPLACE FUNCTION owui.thing_toggle(kind_ text, thing text, uid text, all_ boolean, permission text,
	missing text, closed text) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.thing_open(kind_, thing, uid, all_, permission, missing, closed);
	EXECUTE format('UPDATE %I SET is_active = NOT is_active, updated_at = owui.now() WHERE id = $1', kind_)
	  USING thing;
	RETURN owui.thing_json(kind_, thing);
END
$$;

-- Delete a thing with its versions and grants.
CREATE OR REPLACE FUNCTION owui.thing_delete(kind_ text, thing text, uid text, all_ boolean, permission text,
	missing text, closed text) RETURNS json LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.thing_open(kind_, thing, uid, all_, permission, missing, closed);
	DELETE FROM access_grant WHERE resource_type = kind_ AND resource_id = thing;
	EXECUTE format('DELETE FROM %I WHERE %I = $1', kind_ || '_history', kind_ || '_id') USING thing;
	EXECUTE format('DELETE FROM %I WHERE id = $1', kind_) USING thing;
	RETURN 'true';
END
$$;

-- Add a version; its id.
CREATE OR REPLACE FUNCTION owui.version_add(kind_ text, thing text, uid text, parent text, snapshot json,
	message text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	made text;
BEGIN
	-- Lists go by whole seconds: two of one second keep their order.
	EXECUTE format('INSERT INTO %1$I (id, %2$I, parent_id, snapshot, user_id, commit_message, created_at)
		SELECT gen_random_uuid()::text, $1, $2, $3, $4, $5, greatest(owui.now(),
			(SELECT max(created_at) + 1 FROM %1$I WHERE %2$I = $1)) RETURNING id',
		kind_ || '_history', kind_ || '_id')
	   INTO made USING thing, parent, snapshot, uid, message;
	RETURN made;
END
$$;

-- Take a version away; its children move up.  NULL: no such version; the active one stays (400).
CREATE OR REPLACE FUNCTION owui.version_delete(kind_ text, thing text, uid text, all_ boolean,
	permission text, missing text, closed text, version text) RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	active text;
	parent text;
	n int;
BEGIN
	PERFORM owui.thing_open(kind_, thing, uid, all_, permission, missing, closed);
	EXECUTE format('SELECT version_id FROM %I WHERE id = $1 FOR UPDATE', kind_) INTO active USING thing;
	IF active = version THEN
		RAISE EXCEPTION '400 Cannot delete the current version';
	END IF;
	EXECUTE format('DELETE FROM %I WHERE %I = $1 AND id = $2 RETURNING parent_id', kind_ || '_history',
		kind_ || '_id') INTO parent USING thing, version;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n = 0 THEN
		RETURN NULL;
	END IF;
	EXECUTE format('UPDATE %I SET parent_id = $3 WHERE %I = $1 AND parent_id = $2', kind_ || '_history',
		kind_ || '_id') USING thing, version, parent;
	RETURN 'true';
END
$$;

-- A version without its content.
CREATE OR REPLACE FUNCTION owui.version_head(v owui.version) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', v.id, v.kind || '_id', v.thing, 'parent_id', v.parent_id,
		'user_id', v.user_id, 'commit_message', v.commit_message, 'created_at', v.created_at)
$$;

-- { user: { name } } of who made it.
CREATE OR REPLACE FUNCTION owui.version_author(v owui.version) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('user', (SELECT jsonb_build_object('name', u.name) FROM "user" u
		WHERE u.id = v.user_id AND u.name <> ''))
$$;

-- 20 versions, newest first; `page` counts from `first`.  Prompts come with their content.
CREATE OR REPLACE FUNCTION owui.version_list(kind_ text, thing_ text, uid text, all_ boolean,
	permission text, missing text, closed text, page bigint, first bigint) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM owui.thing_open(kind_, thing_, uid, all_, permission, missing, closed);
	RETURN (SELECT coalesce(json_agg(owui.version_head(v) || CASE WHEN kind_ = 'prompt'
			THEN jsonb_build_object('snapshot', v.snapshot, 'user', owui.user_brief(v.user_id))
			ELSE owui.version_author(v) END
			ORDER BY v.created_at DESC, v.id DESC), '[]')
		  FROM (SELECT * FROM owui.version x WHERE x.kind = kind_ AND x.thing = thing_
			 ORDER BY x.created_at DESC, x.id DESC
			 LIMIT 20 OFFSET (greatest(coalesce(page, first), first) - first) * 20) v);
END
$$;
