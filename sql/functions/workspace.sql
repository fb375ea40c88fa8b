-- What accounts make and share: prompts, skills, tools, notes, knowledge, calendars.

-- May the account use it?  `all_`: an administrator who sees what belongs to others.
CREATE OR REPLACE FUNCTION owui.may(kind text, id_ text, owner text, uid text, all_ boolean,
				    permission text)
RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT all_ OR owner = uid OR owui.has_access(uid, kind, id_, permission)
$$;

-- Raises unless there is such a thing (its owner is known) and the account may use it: `denied` is the
-- name of an error of fcgi/errors.h.
CREATE OR REPLACE FUNCTION owui.must_may(kind text, id_ text, owner text, uid text, all_ boolean,
					 permission text, denied text)
RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF owner IS NULL THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	ELSIF NOT owui.may(kind, id_, owner, uid, all_, permission) THEN
		RAISE EXCEPTION '%', denied;
	END IF;
END
$$;

-- Is `text` part of any of the words?
CREATE OR REPLACE FUNCTION owui.any_like(needle text, VARIADIC words text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT needle IS NULL OR needle = '' OR EXISTS (
		SELECT FROM unnest(words) w WHERE w ILIKE '%' || needle || '%')
$$;

-- NULL and "" take everything; else "created" by the account, or "shared" by others.
CREATE OR REPLACE FUNCTION owui.in_view(view text, owner text, uid text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE view WHEN 'created' THEN owner = uid WHEN 'shared' THEN owner <> uid ELSE true END
$$;

-- The place of a row in a list sorted by name, created_at or updated_at (the default, newest first):
-- numbers are turned round for a descending order, names are sorted by the two last columns.
CREATE OR REPLACE FUNCTION owui.sort_number(order_by text, direction text, created bigint, updated bigint)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN order_by = 'name' THEN 0 ELSE
		CASE WHEN order_by IN ('created_at', 'updated_at') AND direction = 'asc' THEN 1 ELSE -1 END
		* CASE WHEN order_by = 'created_at' THEN created ELSE updated END END
$$;

CREATE OR REPLACE FUNCTION owui.json_object_or(v text, def json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN json_typeof(v::json) = 'object' THEN v::json ELSE def END
$$;

CREATE OR REPLACE FUNCTION owui.function_json(f function) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('version_id', f.version_id, 'id', f.id, 'user_id', f.user_id,
		'type', f.type, 'name', f.name,
		'meta', '{"description": null, "manifest": {}}'::jsonb || owui.json_object_or(f.meta, '{}')::jsonb,
		'is_active', f.is_active, 'is_global', f.is_global, 'updated_at', f.updated_at,
		'created_at', f.created_at)
$$;

CREATE OR REPLACE FUNCTION owui.tool_json(t tool) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('version_id', t.version_id, 'id', t.id, 'user_id', t.user_id,
		'name', t.name, 'content', NULL, 'specs', coalesce(t.specs, '[]')::json,
		'meta', '{"i18n": null, "description": null, "manifest": {}, "has_user_valves": false}'::jsonb
			|| owui.json_object_or(t.meta, '{}')::jsonb,
		'access_grants', owui.grants_json('tool', t.id), 'updated_at', t.updated_at,
		'created_at', t.created_at, 'user', owui.user_brief(t.user_id))
$$;

CREATE OR REPLACE FUNCTION owui.skill_json(s skill) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('version_id', s.version_id, 'id', s.id, 'user_id', s.user_id,
		'name', s.name, 'description', s.description,
		'meta', json_build_object('i18n', owui.json_value(s.meta->'i18n'),
			'tags', coalesce(owui.json_value(s.meta->'tags'), '[]')),
		'is_active', s.is_active, 'access_grants', owui.grants_json('skill', s.id),
		'updated_at', s.updated_at, 'created_at', s.created_at, 'user', owui.user_brief(s.user_id))
$$;

-- A skill with its files.
CREATE OR REPLACE FUNCTION owui.skill_full(s skill) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.skill_json(s) - 'user' || jsonb_build_object('content', s.content, 'data', s.data)
$$;

CREATE OR REPLACE FUNCTION owui.prompt_json(p prompt) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', p.id, 'command', p.command, 'user_id', p.user_id, 'name', p.name,
		'content', p.content, 'data', owui.json_value(p.data), 'meta', owui.json_value(p.meta),
		'tags', owui.json_value(p.tags), 'is_active', p.is_active, 'version_id', p.version_id,
		'created_at', p.created_at, 'updated_at', p.updated_at,
		'access_grants', owui.grants_json('prompt', p.id))
$$;

CREATE OR REPLACE FUNCTION owui.knowledge_json(k knowledge) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', k.id, 'user_id', k.user_id, 'name', k.name,
		'description', k.description, 'meta', owui.json_value(k.meta),
		'access_grants', owui.grants_json('knowledge', k.id), 'created_at', k.created_at,
		'updated_at', k.updated_at, 'user', owui.user_brief(k.user_id))
$$;

-- The contexts in which an orchestrator's terminals are offered: { chat, automation: false or { context_id } }.
CREATE OR REPLACE FUNCTION owui.terminal_contexts(connection json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(json_object_agg(key, CASE WHEN value::text = 'false' THEN value
		WHEN value->>'context_id' IN ('default', key || '_id')
		THEN json_build_object('context_id', value->'context_id') ELSE '{}' END), '{}')
	  FROM json_each(CASE WHEN (connection->>'server_type' = 'orchestrator' OR coalesce(connection->>'policy_id', '') <> '')
			       AND json_typeof(connection #> '{config,contexts}') = 'object'
			  THEN connection #> '{config,contexts}' END)
	 WHERE key IN ('chat', 'automation') AND (value::text = 'false' OR json_typeof(value) = 'object')
$$;
