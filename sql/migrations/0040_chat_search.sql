-- The index of the search in conversations.  It follows the tables of the reference by triggers, so that
-- it is right whoever wrote: a chat that changed is marked, found by reading it meanwhile, and read into the
-- index by a runner.

CREATE TABLE owui.chat_index (
	chat_id text PRIMARY KEY REFERENCES chat (id) ON DELETE CASCADE,
	body    text NOT NULL,		-- lower case: the title and the texts of the messages, U+001F between
	grams   int[] NOT NULL		-- numbers of the account and pieces of 2 and 3 characters
);
CREATE INDEX chat_index_grams ON owui.chat_index USING gin (grams);

CREATE TABLE owui.chat_stale (
	chat_id text PRIMARY KEY REFERENCES chat (id) ON DELETE CASCADE,
	user_id text NOT NULL,
	since   bigint NOT NULL		-- seconds
);
CREATE INDEX chat_stale_user ON owui.chat_stale (user_id);
CREATE INDEX chat_stale_since ON owui.chat_stale (since);

-- A mark that is there already is written again: who takes marks away then waits for this transaction.
CREATE FUNCTION owui.chat_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO owui.chat_stale AS s (chat_id, user_id, since)
	VALUES (NEW.id, NEW.user_id, extract(epoch FROM clock_timestamp())::bigint)
	ON CONFLICT (chat_id) DO UPDATE SET since = excluded.since;
	RETURN NULL;
END
$$;

CREATE TRIGGER owui_chat_mark AFTER INSERT OR UPDATE OF chat, title ON chat
	FOR EACH ROW EXECUTE FUNCTION owui.chat_mark();

CREATE FUNCTION owui.chat_mark_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO owui.chat_stale AS s (chat_id, user_id, since)
	SELECT c.id, c.user_id, extract(epoch FROM clock_timestamp())::bigint FROM chat c
	 WHERE c.id IN (SELECT m.chat_id FROM changed m) ORDER BY c.id
	ON CONFLICT (chat_id) DO UPDATE SET since = excluded.since;
	RETURN NULL;
END
$$;

CREATE TRIGGER owui_chat_mark_insert AFTER INSERT ON chat_message
	REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION owui.chat_mark_messages();
CREATE TRIGGER owui_chat_mark_update AFTER UPDATE ON chat_message
	REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION owui.chat_mark_messages();

INSERT INTO owui.chat_stale (chat_id, user_id, since) SELECT id, user_id, 0 FROM chat;
