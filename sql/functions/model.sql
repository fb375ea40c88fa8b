-- Presets and overrides: the table `model`.

-- Tags as [{"name": …}], whatever form they were stored in.
CREATE OR REPLACE FUNCTION owui.model_tags(tags jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('name', btrim(name)) ORDER BY n), '[]')
	  FROM (SELECT CASE jsonb_typeof(t) WHEN 'object' THEN t->>'name' WHEN 'string' THEN t #>> '{}' END, n
		  FROM jsonb_array_elements(CASE WHEN jsonb_typeof(tags) = 'array' THEN tags ELSE '[]' END)
		       WITH ORDINALITY AS e(t, n)) AS x(name, n)
	 WHERE btrim(name) <> ''
$$;

-- The stored text of meta with every known member in it.
CREATE OR REPLACE FUNCTION owui.model_meta(meta text) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT '{"profile_image_url": null, "background_image_url": null, "description": null,
		 "i18n": null, "capabilities": null, "knowledge": null, "voice": null,
		 "voice_avatar": null}'::jsonb || m
	       || CASE WHEN m ? 'tags' THEN jsonb_build_object('tags', owui.model_tags(m->'tags'))
		       ELSE '{}' END
	  FROM (SELECT CASE WHEN jsonb_typeof(meta::jsonb) = 'object' THEN meta::jsonb
			    ELSE '{}' END) AS x(m)
$$;

CREATE OR REPLACE FUNCTION owui.model_params(params text) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p->'model_controls' IN ('{}', 'null') THEN p - 'model_controls' ELSE p END
	  FROM (SELECT CASE WHEN jsonb_typeof(params::jsonb) = 'object' THEN params::jsonb
			    ELSE '{}' END) AS x(p)
$$;

CREATE OR REPLACE FUNCTION owui.model_json(m model) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('version_id', m.version_id, 'id', m.id, 'user_id', m.user_id,
		'base_model_id', m.base_model_id, 'name', m.name, 'params', owui.model_params(m.params),
		'meta', owui.model_meta(m.meta), 'access_grants', owui.grants_json('model', m.id),
		'is_active', m.is_active, 'updated_at', m.updated_at, 'created_at', m.created_at)
$$;

CREATE OR REPLACE FUNCTION owui.model_may(m model, uid text, any_model boolean, permission text)
RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT any_model OR m.user_id = uid OR owui.has_access(uid, 'model', m.id, permission)
$$;

CREATE OR REPLACE FUNCTION owui.model_snapshot(m model) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('name', m.name, 'base_model_id', m.base_model_id,
		'params', owui.model_params(m.params),
		'meta', owui.model_meta(m.meta) - 'hidden' - 'chat_variables_schema')
$$;

-- Make a model of {id, base_model_id, name, meta, params, access_grants, is_active, commit_message}.
CREATE OR REPLACE FUNCTION owui.model_create(uid text, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m model;
BEGIN
	INSERT INTO model (id, user_id, base_model_id, name, params, meta, is_active, created_at, updated_at)
	SELECT f.id, uid, nullif(f.base_model_id, f.id), f.name, owui.model_params(f.params)::text,
	       (owui.model_meta(f.meta) - 'chat_variables_schema')::text, coalesce(f.is_active, true),
	       owui.now(), owui.now()
	  FROM json_to_record(form) AS f(id text, base_model_id text, name text, params text, meta text,
		is_active boolean)
	RETURNING * INTO m;
	UPDATE model SET version_id = owui.version_add('model', m.id, uid, NULL, owui.model_snapshot(m),
			form->>'commit_message')
	 WHERE id = m.id RETURNING * INTO m;
	PERFORM owui.grants_set('model', m.id, owui.json_value(form->'access_grants'));
	RETURN owui.model_json(m);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION '401 Uh-oh! This model id is already registered. Please choose another model id string.';
END
$$;

-- Change a model; what was not sent of profile image, background, avatar, base and state stays.
CREATE OR REPLACE FUNCTION owui.model_update(uid text, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m model;
	old model;
	kept jsonb;
BEGIN
	SELECT * INTO old FROM model WHERE id = form->>'id' FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	SELECT coalesce(jsonb_object_agg(key, value), '{}') INTO kept FROM jsonb_each(owui.model_meta(old.meta))
	 WHERE key IN ('profile_image_url', 'background_image_url', 'voice_avatar')
	   AND NOT (form->'meta')::jsonb ? key;
	UPDATE model t SET name = f.name,
		base_model_id = CASE WHEN form::jsonb ? 'base_model_id' THEN nullif(f.base_model_id, f.id)
				     ELSE t.base_model_id END,
		params = (owui.model_params(f.params)
			  || CASE WHEN NOT f.params::jsonb ? 'model_controls' AND t.params::jsonb ? 'model_controls'
				  THEN jsonb_build_object('model_controls', t.params::jsonb->'model_controls')
				  ELSE '{}' END)::text,
		meta = ((owui.model_meta(f.meta) - 'chat_variables_schema') || kept)::text,
		is_active = CASE WHEN form::jsonb ? 'is_active' THEN f.is_active ELSE t.is_active END,
		updated_at = owui.now()
	  FROM json_to_record(form) AS f(id text, base_model_id text, name text, params text, meta text,
		is_active boolean)
	 WHERE t.id = f.id RETURNING t.* INTO m;
	IF owui.model_snapshot(m)::jsonb <> owui.model_snapshot(old)::jsonb THEN
		UPDATE model SET version_id = owui.version_add('model', m.id, uid, old.version_id,
			owui.model_snapshot(m), form->>'commit_message') WHERE id = m.id RETURNING * INTO m;
	END IF;
	RETURN owui.model_json(m);
END
$$;

-- Make the table hold these models and no other; they are answered in their order.
CREATE OR REPLACE FUNCTION owui.model_sync(uid text, models json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m jsonb;
BEGIN
	FOR m IN SELECT value FROM json_array_elements(models) LOOP
		m := jsonb_build_object('base_model_id', NULL) || m || jsonb_build_object('meta',
			jsonb_build_object('profile_image_url', NULL) || (m->'meta'));
		IF EXISTS (SELECT FROM model t WHERE t.id = m->>'id') THEN
			PERFORM owui.model_update(uid, m::json);
		ELSE
			PERFORM owui.model_create(uid, m::json);
		END IF;
	END LOOP;
	PERFORM owui.model_delete(ARRAY(SELECT id FROM model
		WHERE id NOT IN (SELECT value->>'id' FROM json_array_elements(models))));
	RETURN (SELECT coalesce(json_agg(owui.model_json(t) ORDER BY n), '[]')
		  FROM json_array_elements(models) WITH ORDINALITY AS e(value, n) JOIN model t ON t.id = value->>'id');
END
$$;

CREATE OR REPLACE FUNCTION owui.model_delete(ids text[]) RETURNS bigint
LANGUAGE sql VOLATILE AS $$
	DELETE FROM access_grant WHERE resource_type = 'model' AND resource_id = ANY (ids);
	DELETE FROM model_history WHERE model_id = ANY (ids);
	WITH gone AS (DELETE FROM model WHERE id = ANY (ids) RETURNING 1) SELECT count(*) FROM gone;
$$;

-- The short form of an account in lists.
CREATE OR REPLACE FUNCTION owui.user_brief(uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', u.id, 'name', u.name, 'email', u.email, 'role', u.role)
	  FROM "user" u WHERE u.id = uid
$$;

-- Why a version cannot be used any more: something that it names has gone or is closed to the account.
CREATE OR REPLACE FUNCTION owui.model_version_fault(uid text, all_ boolean, meta json) RETURNS text
LANGUAGE sql STABLE AS $$
	WITH ids AS (
		SELECT 'skill' AS kind, value AS id FROM json_array_elements_text(
			CASE WHEN json_typeof(meta->'skillIds') = 'array' THEN meta->'skillIds' ELSE '[]' END)
		UNION ALL SELECT 'tool', value FROM json_array_elements_text(
			CASE WHEN json_typeof(meta->'toolIds') = 'array' THEN meta->'toolIds' ELSE '[]' END)
		 WHERE value NOT LIKE 'server:%'
		UNION ALL SELECT 'function', i.value
		  FROM unnest(ARRAY['filterIds', 'defaultFilterIds', 'actionIds']) k,
		       json_array_elements_text(CASE WHEN json_typeof(meta->k) = 'array' THEN meta->k
						     ELSE '[]' END) i
		UNION ALL SELECT CASE WHEN k->>'type' IN ('file', 'note') THEN k->>'type' ELSE 'knowledge' END,
		       k->>'id'
		  FROM json_array_elements(CASE WHEN json_typeof(meta->'knowledge') = 'array'
						THEN meta->'knowledge' ELSE '[]' END) k
		 WHERE json_typeof(k) = 'object' AND k->>'id' <> '' AND k->>'legacy' IS NULL
	)
	SELECT format('400 A %s that this version needs is missing or not accessible: %s', kind, id) FROM ids
	 WHERE NOT CASE kind
		WHEN 'skill' THEN EXISTS (SELECT FROM skill r WHERE r.id = ids.id AND r.is_active
			AND owui.may('skill', r.id, r.user_id, uid, all_, 'read'))
		WHEN 'tool' THEN EXISTS (SELECT FROM tool r WHERE r.id = ids.id
			AND owui.may('tool', r.id, r.user_id, uid, all_, 'read'))
		WHEN 'function' THEN EXISTS (SELECT FROM function r WHERE r.id = ids.id AND r.is_active)
		WHEN 'note' THEN EXISTS (SELECT FROM note r WHERE r.id = ids.id
			AND owui.may('note', r.id, r.user_id, uid, all_, 'read'))
		WHEN 'file' THEN EXISTS (SELECT FROM file r WHERE r.id = ids.id
			AND owui.may('file', r.id, r.user_id, uid, all_, 'read'))
		ELSE EXISTS (SELECT FROM knowledge r WHERE r.id = ids.id
			AND owui.may('knowledge', r.id, r.user_id, uid, all_, 'read')) END
	 LIMIT 1
$$;

-- Make an earlier version the active one; whether it is hidden belongs to the model, not to a version.
CREATE OR REPLACE FUNCTION owui.model_restore(uid text, all_ boolean, mid text, history text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	s json;
	fault text;
	m model;
BEGIN
	SELECT h.snapshot INTO s FROM model_history h WHERE h.model_id = mid AND h.id = history;
	fault := owui.model_version_fault(uid, all_, s->'meta');
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION '%', fault;
	END IF;
	UPDATE model t SET name = s->>'name', base_model_id = s->>'base_model_id',
		params = owui.model_params(s->>'params')::text,
		meta = ((owui.model_meta(s->>'meta') - 'hidden')
			|| CASE WHEN t.meta::jsonb ? 'hidden'
				THEN jsonb_build_object('hidden', t.meta::jsonb->'hidden') ELSE '{}' END)::text,
		version_id = history, updated_at = owui.now()
	 WHERE t.id = mid RETURNING t.* INTO m;
	RETURN owui.model_json(m);
END
$$;
