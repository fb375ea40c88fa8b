-- Installed apps.

-- An app as clients see it; what connects it stays here.
CREATE OR REPLACE FUNCTION owui.app_json(a app) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', a.id, 'slug', a.slug, 'name', a.name, 'is_active', a.is_active,
		'configured', coalesce(a.api_key, '') <> '', 'connection_status', 'disconnected',
		'data', a.data::jsonb - '{connection_token,webui_url}'::text[],
		'created_at', a.created_at, 'updated_at', a.updated_at)
$$;

-- Another key or public key makes the app introduce itself again.
CREATE OR REPLACE FUNCTION owui.app_forget(data json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT owui.json_without(owui.json_without(data, 'connection_token'), 'installation_id')
$$;

CREATE OR REPLACE FUNCTION owui.app_create(uid text, form json, key text, grants json) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	made app;
	n bigint := owui.now_ns();
BEGIN
	INSERT INTO app (id, slug, name, user_id, is_active, data, api_key, created_at, updated_at)
	VALUES (gen_random_uuid()::text, form->>'slug', form #>> '{manifest,name}', uid, false,
		json_build_object('url', form->'url', 'manifest', form->'manifest',
			'granted_scopes', form->'granted_scopes', 'settings', json_build_object()), key, n, n)
	RETURNING * INTO made;
	PERFORM owui.grants_set('app', made.id, grants);
	RETURN owui.app_json(made);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION '409 App slug is already registered';
END
$$;

-- Are all of these scopes among those that the manifest asks for?
CREATE OR REPLACE FUNCTION owui.app_scopes_fit(scopes json, manifest json) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT json_typeof(scopes) = 'array' AND NOT EXISTS (
		SELECT FROM json_array_elements_text(CASE WHEN json_typeof(scopes) = 'array' THEN scopes END) s
		 WHERE s NOT IN (SELECT json_array_elements_text(manifest->'requested_scopes')))
$$;

-- What a change makes of an app's data; raises when it does not fit.
CREATE OR REPLACE FUNCTION owui.app_changed(data json, form json) RETURNS json
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	manifest json := owui.json_value(form->'manifest');
	scopes json := owui.json_value(form->'granted_scopes');
BEGIN
	IF manifest->>'id' IS DISTINCT FROM data #>> '{manifest,id}' AND manifest IS NOT NULL THEN
		RAISE EXCEPTION '400 App identity cannot change';
	ELSIF manifest IS NOT NULL AND owui.app_scopes_fit(scopes, manifest) IS NOT TRUE THEN
		RAISE EXCEPTION '400 Review the updated scopes';
	ELSIF manifest IS NULL AND NOT owui.app_scopes_fit(scopes, data->'manifest') THEN
		RAISE EXCEPTION '400 Unrequested scope';
	ELSIF manifest->>'public_key' <> data #>> '{manifest,public_key}' THEN
		data := owui.app_forget(data);
	END IF;
	IF manifest IS NOT NULL THEN
		data := owui.json_patch(data, json_build_object('manifest', manifest), false);
	END IF;
	IF scopes IS NOT NULL THEN
		data := owui.json_patch(data, json_build_object('granted_scopes', scopes), false);
	END IF;
	IF form->>'settings' IS NOT NULL THEN
		data := owui.json_patch(data, json_build_object('settings', form->'settings'), false);
	END IF;
	RETURN data;
END
$$;

CREATE OR REPLACE FUNCTION owui.app_update(app_id text, form json, grants json) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	a app;
BEGIN
	SELECT * INTO a FROM app WHERE id = app_id FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 App not found';
	ELSIF form->>'is_active' = 'true' THEN
		RAISE EXCEPTION '400 Connect the app to enable it';
	END IF;
	UPDATE app SET data = owui.app_changed(a.data, form), name = coalesce(form->>'name', name),
	       is_active = is_active AND form->>'is_active' IS NULL AND form->>'manifest' IS NULL,
	       updated_at = greatest(owui.now_ns(), updated_at + 1)
	 WHERE id = app_id RETURNING * INTO a;
	IF grants IS NOT NULL THEN
		PERFORM owui.grants_set('app', app_id, grants);
	END IF;
	RETURN owui.app_json(a);
END
$$;

-- The row stays with its slug; its key and its connection go, and it leaves its channels.
CREATE OR REPLACE FUNCTION owui.app_uninstall(app_id text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	a app;
BEGIN
	UPDATE app SET is_active = false, api_key = NULL, updated_at = greatest(owui.now_ns(), updated_at + 1),
	       data = owui.json_without(owui.app_forget(data), 'webui_url')
	 WHERE id = app_id RETURNING * INTO a;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 App not found';
	END IF;
	UPDATE channel_member m SET is_active = false, left_at = owui.now_ns() WHERE m.app_id = $1;
	RETURN owui.app_json(a);
END
$$;

-- Raises unless apps can be in the channel and the account may look at it or, with `manage`, manages it.
CREATE OR REPLACE FUNCTION owui.app_channel_must(uid text, is_admin boolean, cid text, manage boolean) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
	c channel;
BEGIN
	SELECT * INTO c FROM channel WHERE id = cid AND type IS DISTINCT FROM 'dm' AND deleted_at IS NULL
	   AND archived_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 Channel unavailable';
	ELSIF NOT (is_admin OR CASE WHEN manage THEN owui.channel_manager(c, uid)
			WHEN owui.channel_closed(c) THEN owui.channel_member_is(cid, uid)
			ELSE owui.has_access(uid, 'channel', cid, 'read') END) THEN
		RAISE EXCEPTION '403 Channel access denied';
	END IF;
END
$$;

-- Raises unless the app runs and the account may call it.
CREATE OR REPLACE FUNCTION owui.app_must(uid text, is_admin boolean, app_id text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
	a app;
BEGIN
	SELECT * INTO a FROM app WHERE id = app_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 App not found';
	ELSIF NOT a.is_active OR coalesce(a.api_key, '') = '' OR coalesce(a.data #>> '{manifest,public_key}', '') = '' THEN
		RAISE EXCEPTION '403 App is inactive';
	ELSIF NOT is_admin AND NOT owui.has_access(uid, 'app', app_id, 'read') THEN
		RAISE EXCEPTION '403 App invocation denied';
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION owui.app_invite(uid text, is_admin boolean, cid text, app_id text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	n bigint := owui.now_ns();
BEGIN
	PERFORM owui.app_channel_must(uid, is_admin, cid, true);
	PERFORM owui.app_must(uid, is_admin, app_id);
	INSERT INTO channel_member AS m (id, channel_id, app_id, role, status, is_active, is_channel_muted,
		is_channel_pinned, invited_by, invited_at, joined_at, created_at, updated_at)
	VALUES (gen_random_uuid()::text, cid, $4, 'member', 'joined', true, false, false, uid, n, n, n, n)
	ON CONFLICT (channel_id, app_id) DO UPDATE SET is_active = true, left_at = NULL, joined_at = n, updated_at = n,
		invited_by = uid, invited_at = n;
	RETURN (SELECT owui.app_json(a) FROM app a WHERE a.id = $4);
END
$$;

-- A button of an app's message was pressed: raises what keeps it from being told to the app.  `message` is one
-- of the app's in a channel that both the account and the app are in.
CREATE OR REPLACE FUNCTION owui.app_pressed(uid text, is_admin boolean, app_id text, message text, action text)
RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
	m message;
BEGIN
	IF EXISTS (SELECT FROM app a WHERE a.id = app_id AND a.is_active) THEN
		SELECT * INTO m FROM message x WHERE x.id = message AND x.app_id = $3;
		IF NOT FOUND THEN
			RAISE EXCEPTION '404 App message not found';
		END IF;
	END IF;
	PERFORM owui.app_must(uid, is_admin, app_id);
	PERFORM owui.app_channel_must(uid, is_admin, m.channel_id, false);
	IF NOT EXISTS (SELECT FROM channel_member c WHERE c.channel_id = m.channel_id AND c.app_id = $3 AND c.is_active) THEN
		RAISE EXCEPTION '403 Invite the app into this channel first';
	ELSIF json_typeof(m.data #> '{app,actions}') IS DISTINCT FROM 'array' OR NOT EXISTS (
		SELECT FROM json_array_elements(m.data #> '{app,actions}') x WHERE x->>'action_id' = action) THEN
		RAISE EXCEPTION '400 Unknown action';
	END IF;
END
$$;
