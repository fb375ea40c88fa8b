-- Feedback: votes on answers, with the conversation as it was.

-- Without its snapshot, which is large.
CREATE OR REPLACE FUNCTION owui.feedback_head(f feedback) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', f.id, 'user_id', f.user_id, 'version', f.version, 'type', f.type,
		'data', owui.json_value(f.data), 'meta', owui.json_value(f.meta),
		'created_at', f.created_at, 'updated_at', f.updated_at)
$$;

CREATE OR REPLACE FUNCTION owui.feedback_json(f feedback) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', f.id, 'user_id', f.user_id, 'version', f.version, 'type', f.type,
		'data', owui.json_value(f.data), 'meta', owui.json_value(f.meta),
		'snapshot', owui.json_value(f.snapshot), 'created_at', f.created_at,
		'updated_at', f.updated_at)
$$;

CREATE OR REPLACE FUNCTION owui.feedback_item(f feedback, u "user") RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.feedback_head(f) || jsonb_build_object('user', jsonb_build_object('id', u.id,
		'name', u.name, 'email', u.email, 'role', u.role, 'last_active_at', u.last_active_at,
		'updated_at', u.updated_at, 'created_at', u.created_at))
$$;
