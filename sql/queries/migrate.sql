-- name: migrate_record(name text, checksum text) count
INSERT INTO owui.migration (name, checksum, applied_at)
VALUES ($1, $2, extract(epoch FROM clock_timestamp())::bigint)
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = excluded.applied_at;
