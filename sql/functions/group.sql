-- Groups: a tree whose members belong to all ancestors of their group.

CREATE OR REPLACE FUNCTION owui.group_json(g "group") RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('parent_group_id', g.parent_group_id, 'id', g.id,
		'user_id', g.user_id, 'name', g.name, 'description', g.description,
		'data', owui.json_value(g.data), 'meta', owui.json_value(g.meta),
		'permissions', owui.json_value(g.permissions), 'created_at', g.created_at,
		'updated_at', g.updated_at)
$$;

-- The same with the number of direct members.
CREATE OR REPLACE FUNCTION owui.group_counted(g "group") RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT owui.json_and(owui.group_json(g), json_build_object('member_count',
		(SELECT count(*) FROM group_member m WHERE m.group_id = g.id)))
$$;

-- A group and everything below it / above it.
CREATE OR REPLACE FUNCTION owui.group_descendants(gid text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE tree AS (
		SELECT id FROM "group" WHERE id = gid
		UNION SELECT g.id FROM "group" g JOIN tree t ON g.parent_group_id = t.id
	) SELECT id FROM tree
$$;

CREATE OR REPLACE FUNCTION owui.group_ancestors(gid text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE tree AS (
		SELECT id, parent_group_id FROM "group" WHERE id = gid
		UNION SELECT g.id, g.parent_group_id FROM "group" g JOIN tree t
		   ON g.id = t.parent_group_id
	) SELECT id FROM tree
$$;

-- Direct and inherited members.
CREATE OR REPLACE FUNCTION owui.group_users(gid text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	SELECT DISTINCT user_id FROM group_member
	 WHERE group_id IN (SELECT owui.group_descendants(gid))
$$;

-- The parent must exist and must not be the group itself or below it.
CREATE OR REPLACE FUNCTION owui.group_parent_check(gid text, parent text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF parent IS NULL THEN
		RETURN;
	END IF;
	IF parent = '' THEN
		RAISE EXCEPTION '400 The parent group must be the id of a group or null.';
	END IF;
	IF NOT EXISTS (SELECT FROM "group" WHERE id = parent) THEN
		RAISE EXCEPTION '404 The parent group does not exist.';
	END IF;
	IF gid IN (SELECT owui.group_ancestors(parent)) THEN
		RAISE EXCEPTION '400 A group cannot stand below itself.';
	END IF;
END $$;

CREATE OR REPLACE FUNCTION owui.group_create(owner text, form json, share json) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
	given json := coalesce(owui.json_value(form -> 'data'), '{}');
	config json := coalesce(owui.json_value(given -> 'config'), '{}');
	answer json;
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	PERFORM owui.group_parent_check(NULL, form ->> 'parent_group_id');
	IF config -> 'share' IS NULL THEN
		config := owui.json_patch(config, json_build_object('share', share), false);
	END IF;
	INSERT INTO "group" AS g (id, user_id, name, description, data, permissions, created_at,
				  updated_at, parent_group_id)
	VALUES (gen_random_uuid()::text, owner, form ->> 'name', form ->> 'description',
		owui.json_patch(given, json_build_object('config', config), false),
		owui.json_value(form -> 'permissions'), owui.now(), owui.now(),
		form ->> 'parent_group_id')
	RETURNING owui.group_counted(g) INTO answer;
	RETURN answer;
END $$;

-- Change a group: data is merged on two levels, what is null or absent stays, a parent that is
-- given as null makes it a top group.  `affected`: whose access may have changed.
CREATE OR REPLACE FUNCTION owui.group_update(gid text, form json, OUT answer json, OUT affected json,
					     OUT changed json) LANGUAGE plpgsql AS $$
DECLARE
	g "group";
	more json := owui.json_value(form -> 'data');
	new_data json;
	new_parent text;
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	SELECT * INTO g FROM "group" WHERE id = gid;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 The group does not exist.';
	END IF;
	new_parent := g.parent_group_id;
	IF form -> 'parent_group_id' IS NOT NULL THEN
		new_parent := form ->> 'parent_group_id';
		PERFORM owui.group_parent_check(gid, new_parent);
	END IF;
	new_data := g.data;
	IF more IS NOT NULL THEN
		new_data := owui.json_patch(owui.json_patch(g.data, more, false),
			json_build_object('config', owui.json_patch(g.data -> 'config',
				coalesce(owui.json_value(more -> 'config'), '{}'), false)), false);
	END IF;
	affected := '[]';
	IF new_parent IS DISTINCT FROM g.parent_group_id
	   OR (new_data #>> '{config,default_models}') IS DISTINCT FROM
	      (g.data #>> '{config,default_models}')
	   OR owui.json_value(form -> 'permissions') IS NOT NULL
	      AND (form -> 'permissions')::text IS DISTINCT FROM g.permissions::text THEN
		SELECT coalesce(json_agg(x), '[]') INTO affected FROM owui.group_users(gid) x;
	END IF;
	UPDATE "group" t SET name = coalesce(form ->> 'name', name),
		description = coalesce(form ->> 'description', description), data = new_data,
		permissions = coalesce(owui.json_value(form -> 'permissions'), permissions),
		parent_group_id = new_parent, updated_at = owui.now()
	 WHERE id = gid RETURNING owui.group_counted(t) INTO answer;
	changed := json_build_object('name', answer ->> 'name', 'old_parent_group_id', g.parent_group_id,
				     'parent_group_id', new_parent);
END $$;

-- Add or remove direct members; unknown accounts are left out.
CREATE OR REPLACE FUNCTION owui.group_members(gid text, ids json, add boolean, OUT answer json,
					      OUT affected json) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	IF NOT EXISTS (SELECT FROM "group" WHERE id = gid) THEN
		RAISE EXCEPTION '404 The group does not exist.';
	END IF;
	IF add THEN
		WITH n AS (
			INSERT INTO group_member (id, group_id, user_id, created_at, updated_at)
			SELECT gen_random_uuid()::text, gid, u.id, owui.now(), owui.now() FROM "user" u
			 WHERE u.id IN (SELECT json_array_elements_text(ids))
			ON CONFLICT (group_id, user_id) DO NOTHING RETURNING user_id
		) SELECT coalesce(json_agg(user_id), '[]') INTO affected FROM n;
	ELSE
		WITH n AS (
			DELETE FROM group_member WHERE group_id = gid
			   AND user_id IN (SELECT json_array_elements_text(ids)) RETURNING user_id
		) SELECT coalesce(json_agg(user_id), '[]') INTO affected FROM n;
	END IF;
	UPDATE "group" t SET updated_at = owui.now() WHERE id = gid
	RETURNING owui.group_counted(t) INTO answer;
END $$;

-- Remove a group; its children go to its parent.
CREATE OR REPLACE FUNCTION owui.group_delete(gid text, OUT answer json, OUT affected json, OUT changed json)
LANGUAGE plpgsql AS $$
DECLARE
	up text;
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	SELECT parent_group_id INTO up FROM "group" WHERE id = gid;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 The group does not exist.';
	END IF;
	SELECT coalesce(json_agg(x), '[]') INTO affected FROM owui.group_users(gid) x;
	WITH child AS (
		UPDATE "group" SET parent_group_id = up, updated_at = owui.now()
		 WHERE parent_group_id = gid RETURNING id
	)
	SELECT json_build_object('parent_group_id', up, 'promoted_child_ids', coalesce(json_agg(id), '[]'))
	  INTO changed FROM child;
	DELETE FROM group_member WHERE group_id = gid;
	DELETE FROM access_grant WHERE principal_type = 'group' AND principal_id = gid;
	DELETE FROM "group" WHERE id = gid;
	answer := 'true';
END $$;

-- The direct memberships of an account become those of the named groups that exist.
CREATE OR REPLACE FUNCTION owui.group_sync(uid text, names json) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	target text[] := ARRAY(SELECT id FROM "group"
				WHERE name IN (SELECT json_array_elements_text(names)));
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	DELETE FROM group_member WHERE user_id = uid AND group_id <> ALL (target);
	INSERT INTO group_member (id, group_id, user_id, created_at, updated_at)
	SELECT gen_random_uuid()::text, t, uid, owui.now(), owui.now() FROM unnest(target) t
	ON CONFLICT (group_id, user_id) DO NOTHING;
END $$;

-- The same, after making the groups that are not there.
CREATE OR REPLACE FUNCTION owui.group_sync_making(uid text, names json, share json) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	INSERT INTO "group" (id, user_id, name, description, data, created_at, updated_at)
	SELECT gen_random_uuid()::text, uid, n, '',
	       json_build_object('config', json_build_object('share', share)), owui.now(), owui.now()
	  FROM (SELECT DISTINCT json_array_elements_text(names) AS n) x
	 WHERE NOT EXISTS (SELECT FROM "group" g WHERE g.name = x.n);
	PERFORM owui.group_sync(uid, names);
END $$;
