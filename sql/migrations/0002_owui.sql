-- Everything of ours that is no table of the reference lives in this schema.
CREATE SCHEMA owui;

CREATE TABLE owui.migration (
	name       text PRIMARY KEY,	-- "0002_owui", or "functions/00_base"
	checksum   text NOT NULL,	-- SHA-256 of the file
	applied_at bigint NOT NULL	-- seconds
);
