-- All settings.
-- name: config_all() rows
SELECT key, value FROM config;

-- Store { "dotted.key": value, ... }.
-- name: config_store(changes json) count
INSERT INTO config (key, value, updated_at)
SELECT key, value, extract(epoch FROM now())::bigint FROM json_each($1)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at;

-- The same where the policy of second factors may be among them: when that changes, all sessions of all
-- accounts end; their ids.
-- name: config_store_policy(changes json) rows
SELECT owui.config_store_policy($1);

-- Rows for the keys that have none yet.
-- name: config_seed(defaults json) count
INSERT INTO config (key, value, updated_at)
SELECT key, value, extract(epoch FROM now())::bigint FROM json_each($1)
ON CONFLICT (key) DO NOTHING;

-- name: config_clear() count
DELETE FROM config;
