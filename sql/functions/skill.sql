-- Skills: instructions with files beside them.

CREATE OR REPLACE FUNCTION owui.skill_meta(meta json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT json_build_object('i18n', owui.json_value(meta->'i18n'),
		'tags', CASE WHEN meta::jsonb ? 'tags' THEN meta->'tags' ELSE '[]' END)
$$;

CREATE OR REPLACE FUNCTION owui.skill_snapshot(s skill) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT json_build_object('name', s.name, 'description', s.description, 'content', s.content,
		'data', s.data, 'meta', owui.skill_meta(s.meta))
$$;

-- Make a skill of { id, name, description, content, files, meta, is_active, commit_message }.
CREATE OR REPLACE FUNCTION owui.skill_create(uid text, form json, grants json) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	s skill;
BEGIN
	IF EXISTS (SELECT FROM skill t WHERE t.id = form->>'id') THEN
		RAISE EXCEPTION 'ERR_ID_TAKEN';
	ELSIF EXISTS (SELECT FROM skill t WHERE t.name = form->>'name') THEN
		RAISE EXCEPTION '409 A skill with this name already exists';
	END IF;
	INSERT INTO skill (id, user_id, name, description, content, data, meta, is_active, created_at, updated_at)
	VALUES (form->>'id', uid, form->>'name', form->>'description', form->>'content',
		json_build_object('files', form->'files'), owui.skill_meta(coalesce(form->'meta', '{}')),
		coalesce((form->>'is_active')::boolean, true), owui.now(), owui.now()) RETURNING * INTO s;
	PERFORM owui.grants_set('skill', s.id, grants);
	UPDATE skill SET version_id = owui.version_add('skill', s.id, uid, NULL, owui.skill_snapshot(s),
		form->>'commit_message') WHERE id = s.id RETURNING * INTO s;
	RETURN owui.skill_full(s);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION 'ERR_ID_TAKEN';
END
$$;

-- Change a skill to the members that `form` holds; another content is a new version.
CREATE OR REPLACE FUNCTION owui.skill_update(id_ text, uid text, form json) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	s skill;
	old json;
	has jsonb := form::jsonb;
BEGIN
	SELECT * INTO s FROM skill t WHERE t.id = id_ FOR UPDATE;
	old := owui.skill_snapshot(s);
	s.name := coalesce(form->>'name', s.name);
	IF has ? 'description' THEN
		s.description := form->>'description';
	END IF;
	s.meta := owui.skill_meta(CASE WHEN has ? 'meta' THEN form->'meta' ELSE s.meta END);
	s.data := json_build_object('files', form->'files');
	s.content := form->>'content';
	IF owui.skill_snapshot(s)::jsonb <> old::jsonb THEN
		s.version_id := owui.version_add('skill', id_, uid, s.version_id, owui.skill_snapshot(s),
			form->>'commit_message');
	END IF;
	UPDATE skill t SET name = s.name, description = s.description, meta = s.meta, data = s.data,
		content = s.content, version_id = s.version_id, updated_at = owui.now(),
		is_active = coalesce((form->>'is_active')::boolean, t.is_active)
	 WHERE t.id = id_ RETURNING t.* INTO s;
	RETURN owui.skill_full(s);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION '409 A skill with this name already exists';
END
$$;

-- Make an earlier version the active one.
CREATE OR REPLACE FUNCTION owui.skill_restore(id_ text, version text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	s skill;
BEGIN
	UPDATE skill t SET name = h.snapshot->>'name', description = h.snapshot->>'description',
		content = h.snapshot->>'content', data = h.snapshot->'data', meta = h.snapshot->'meta',
		version_id = version, updated_at = owui.now()
	  FROM skill_history h
	 WHERE t.id = id_ AND h.skill_id = id_ AND h.id = version RETURNING t.* INTO s;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 Skill version not found';
	END IF;
	RETURN owui.skill_full(s);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION '409 A skill with this name already exists';
END
$$;
