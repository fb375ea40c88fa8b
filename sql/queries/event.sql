-- Events: whom they reach.

-- The groups of these accounts, inherited ones too.
-- name: event_groups(users json) json
SELECT coalesce(json_agg(DISTINCT g), '[]') FROM json_array_elements_text($1) u, owui.user_groups(u) g;

-- name: event_actor(id text) json
SELECT json_build_object('name', name, 'email', email, 'role', role, 'created_at', created_at,
			 'updated_at', updated_at)
  FROM "user" WHERE id = $1;

-- Accounts with notifications: id, settings, are they there?
-- name: event_people(users json) rows
SELECT u.id, u.settings, owui.user_active(u.last_active_at) FROM "user" u
 WHERE u.id IN (SELECT json_array_elements_text($1))
   AND (u.settings -> 'notifications' IS NOT NULL OR u.settings #> '{ui,notifications}' IS NOT NULL);
