-- Prompts: texts behind a slash command.

CREATE OR REPLACE FUNCTION owui.prompt_snapshot(name text, command text, content text, data json, meta json,
	tags json, grants json) RETURNS json LANGUAGE sql IMMUTABLE AS $$
	SELECT json_build_object('name', name, 'content', content, 'command', command,
		'data', owui.json_or(data, '{}'), 'meta', owui.json_or(meta, '{}'),
		'tags', owui.json_or(tags, '[]'), 'access_grants', grants)
$$;

CREATE OR REPLACE FUNCTION owui.prompt_check_command(command_ text, id_ text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF EXISTS (SELECT FROM prompt p WHERE p.command = command_ AND p.id IS DISTINCT FROM id_) THEN
		RAISE EXCEPTION 'ERR_COMMAND_TAKEN';
	END IF;
END
$$;

-- Make a prompt of { command, name, content, data, meta, tags, commit_message }.
CREATE OR REPLACE FUNCTION owui.prompt_create(uid text, form json, grants json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	p prompt;
BEGIN
	PERFORM owui.prompt_check_command(form->>'command', NULL);
	INSERT INTO prompt (id, user_id, command, name, content, data, meta, tags, is_active, created_at,
		updated_at)
	VALUES (gen_random_uuid()::text, uid, form->>'command', form->>'name', form->>'content',
		owui.json_or(form->'data', '{}'), owui.json_or(form->'meta', '{}'),
		owui.json_or(form->'tags', '[]'), true, owui.now(), owui.now())
	RETURNING * INTO p;
	PERFORM owui.grants_set('prompt', p.id, grants);
	UPDATE prompt SET version_id = owui.version_add('prompt', p.id, uid, NULL,
		owui.prompt_snapshot(p.name, p.command, p.content, p.data, p.meta, p.tags,
			owui.grants_json('prompt', p.id)),
		coalesce(nullif(form->>'commit_message', ''), 'Initial version'))
	 WHERE id = p.id RETURNING * INTO p;
	RETURN owui.prompt_json(p);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION 'ERR_COMMAND_TAKEN';
END
$$;

-- Change a prompt.  A new content is a new version; with is_production false only that.
CREATE OR REPLACE FUNCTION owui.prompt_update(id_ text, uid text, every boolean, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	p prompt;
	tags_ json := owui.json_value(form->'tags');
	live boolean := coalesce(form->>'is_production', 'true') = 'true';
	changed boolean;
	version text;
BEGIN
	PERFORM owui.thing_open('prompt', id_, uid, every, 'write', 'ERR_NOT_FOUND', 'ERR_ACCESS_PROHIBITED');
	SELECT * INTO p FROM prompt WHERE id = id_ FOR UPDATE;
	PERFORM owui.prompt_check_command(form->>'command', id_);
	changed := p.name <> form->>'name' OR p.command <> form->>'command' OR p.content <> form->>'content'
		OR tags_ IS NOT NULL AND tags_::jsonb IS DISTINCT FROM p.tags::jsonb;
	IF live THEN
		p.name := form->>'name';
		p.content := form->>'content';
		p.data := owui.json_or(form->'data', p.data);
		p.meta := owui.json_or(form->'meta', p.meta);
		p.tags := coalesce(tags_, p.tags);
	END IF;
	IF changed THEN
		version := owui.version_add('prompt', id_, uid, (SELECT h.id FROM prompt_history h
				WHERE h.prompt_id = id_ ORDER BY h.created_at DESC, h.id DESC LIMIT 1),
			owui.prompt_snapshot(form->>'name', form->>'command', form->>'content', form->'data',
				form->'meta', coalesce(tags_, p.tags), owui.grants_json('prompt', id_)),
			form->>'commit_message');
	END IF;
	UPDATE prompt SET command = form->>'command', name = p.name, content = p.content, data = p.data,
		meta = p.meta, tags = p.tags, updated_at = owui.now(),
		version_id = CASE WHEN changed AND live THEN version ELSE version_id END
	 WHERE id = id_ RETURNING * INTO p;
	RETURN owui.prompt_json(p);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION 'ERR_COMMAND_TAKEN';
END
$$;

-- Name, command and tags, without a version.
CREATE OR REPLACE FUNCTION owui.prompt_rename(id_ text, uid text, every boolean, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	p prompt;
BEGIN
	PERFORM owui.thing_open('prompt', id_, uid, every, 'write', 'ERR_NOT_FOUND', 'ERR_ACCESS_PROHIBITED');
	PERFORM owui.prompt_check_command(form->>'command', id_);
	UPDATE prompt SET name = form->>'name', command = form->>'command',
		tags = coalesce(owui.json_value(form->'tags'), tags), updated_at = owui.now()
	 WHERE id = id_ RETURNING * INTO p;
	RETURN owui.prompt_json(p);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION 'ERR_COMMAND_TAKEN';
END
$$;

-- Make an earlier version the active one; the command and the grants stay.
CREATE OR REPLACE FUNCTION owui.prompt_restore(id_ text, uid text, every boolean, version text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	p prompt;
BEGIN
	PERFORM owui.thing_open('prompt', id_, uid, every, 'write', 'ERR_NOT_FOUND', 'ERR_ACCESS_PROHIBITED');
	UPDATE prompt t SET name = coalesce(h.snapshot->>'name', t.name),
		content = coalesce(h.snapshot->>'content', t.content),
		data = coalesce(h.snapshot->'data', t.data), meta = coalesce(h.snapshot->'meta', t.meta),
		tags = coalesce(h.snapshot->'tags', t.tags), version_id = version, updated_at = owui.now()
	  FROM prompt_history h
	 WHERE t.id = id_ AND h.prompt_id = id_ AND h.id = version RETURNING t.* INTO p;
	RETURN CASE WHEN p.id IS NOT NULL THEN owui.prompt_json(p) END;
END
$$;
