-- The search in conversations: owui.chat_index tells which ones can hold the words.

-- What of a chat the index holds.
CREATE OR REPLACE FUNCTION owui.chat_body(c chat) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT lower(concat_ws(E'\x1f', c.title,
		(SELECT string_agg(t.content, E'\x1f') FROM owui.chat_texts(c.chat) t),
		(SELECT string_agg(m.content #>> '{}', E'\x1f') FROM chat_message m
		  WHERE m.chat_id = c.id AND json_typeof(m.content) = 'string')))
$$;

-- The same, from the index when that is up to date.
CREATE OR REPLACE FUNCTION owui.chat_body_of(id_ text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
	body_ text;
BEGIN
	SELECT i.body INTO body_ FROM owui.chat_index i
	 WHERE i.chat_id = id_ AND NOT EXISTS (SELECT FROM owui.chat_stale s WHERE s.chat_id = id_);
	IF NOT FOUND THEN
		SELECT owui.chat_body(c) INTO body_ FROM chat c WHERE c.id = id_;
	END IF;
	RETURN body_;
END
$$;

-- Does the text match every needle?  They are in lower case, % and _ in them are wildcards.
CREATE OR REPLACE FUNCTION owui.body_contains(body text, needles text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	needle text;
BEGIN
	FOREACH needle IN ARRAY needles LOOP
		IF body NOT LIKE '%' || needle || '%' THEN
			RETURN false;
		END IF;
	END LOOP;
	RETURN true;
END
$$;

-- Is it one of the chats that a search asks for?  filters: { pinned, archived, shared }.
CREATE OR REPLACE FUNCTION owui.chat_fits(c chat, filters json, tags text[], folders text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT NOT owui.chat_internal(c.meta) AND c.archived = coalesce((filters->>'archived')::boolean, false)
	   AND (filters->>'pinned' IS NULL OR c.pinned = (filters->>'pinned')::boolean)
	   AND (filters->>'shared' IS NULL OR (c.share_id IS NOT NULL) = (filters->>'shared')::boolean)
	   AND (folders IS NULL OR c.folder_id = ANY (folders))
	   AND (tags IS NULL OR CASE WHEN 'none' = ANY (tags) THEN owui.chat_tags(c.meta) = '{}'
				     ELSE owui.chat_tags(c.meta) @> tags END)
$$;

-- The chats that can hold what has these numbers: NULL for unknown numbers, and when they are many.
CREATE OR REPLACE FUNCTION owui.chat_candidates(uid text, wanted int[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET enable_seqscan TO off AS $$
DECLARE
	many constant int := 2000;
	ids text[];
BEGIN
	IF wanted IS NULL THEN
		RETURN NULL;
	END IF;
	ids := ARRAY(SELECT i.chat_id FROM owui.chat_index i WHERE i.grams @> wanted LIMIT many + 1);
	RETURN CASE WHEN cardinality(ids) <= many
		THEN ids || ARRAY(SELECT s.chat_id FROM owui.chat_stale s WHERE s.user_id = uid) END;
END
$$;

-- The first `max` of an account's chats that match all needles (NULL: any), newest first, but for `without`.
-- Few candidates are looked up; else all chats are walked through from the newest on, as long as it takes.
CREATE OR REPLACE FUNCTION owui.chat_find(uid text, filters json, needles text[], wanted int[], max bigint,
	without text[]) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
	ids text[] := owui.chat_candidates(uid, wanted);
	tags text[] := CASE WHEN filters->'tags' IS NOT NULL
		THEN ARRAY(SELECT json_array_elements_text(filters->'tags')) END;
	folders text[] := CASE WHEN filters->'folders' IS NOT NULL
		THEN ARRAY(SELECT owui.folders_named(uid, ARRAY(SELECT json_array_elements_text(filters->'folders')))) END;
	found_ids text[] := '{}';
	chats refcursor;
	id_ text;
BEGIN
	IF ids IS NULL THEN
		OPEN chats FOR SELECT c.id FROM chat c WHERE c.user_id = uid AND owui.chat_fits(c, filters, tags, folders)
			AND c.id <> ALL (without) ORDER BY c.updated_at DESC, c.id;
	ELSE
		OPEN chats FOR SELECT c.id FROM chat c WHERE c.id = ANY (ids) AND c.user_id = uid
			AND owui.chat_fits(c, filters, tags, folders)
			AND c.id <> ALL (without) ORDER BY c.updated_at DESC, c.id;
	END IF;
	LOOP
		FETCH chats INTO id_;
		EXIT WHEN NOT FOUND OR cardinality(found_ids) >= max;
		IF needles IS NULL OR owui.body_contains(owui.chat_body_of(id_), needles) THEN
			found_ids := found_ids || id_;
		END IF;
	END LOOP;
	CLOSE chats;
	RETURN found_ids;
END
$$;

-- A page of 60: chats with the phrase, then those with all of the terms, newest first.
CREATE OR REPLACE FUNCTION owui.chat_search(uid text, filters json, phrase text, phrase_grams int[], terms json,
	term_grams int[], needles json, skip bigint) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	max constant bigint := skip + 60;
	hits text[];
BEGIN
	hits := owui.chat_find(uid, filters, CASE WHEN phrase IS NOT NULL THEN ARRAY[phrase] END, phrase_grams, max, '{}');
	IF terms IS NOT NULL AND cardinality(hits) < max THEN
		hits := hits || owui.chat_find(uid, filters, ARRAY(SELECT json_array_elements_text(terms)),
			term_grams, max - cardinality(hits), hits);
	END IF;
	RETURN (SELECT coalesce(json_agg(json_build_object('id', c.id, 'title', c.title,
			'updated_at', c.updated_at, 'created_at', c.created_at, 'last_read_at', c.last_read_at,
			'snippet', CASE WHEN needles IS NOT NULL THEN owui.chat_snippet(c.chat,
				ARRAY(SELECT json_array_elements_text(needles))) END,
			'active', false, 'archived', c.archived) ORDER BY h.n), '[]')
		  FROM unnest(hits[skip + 1 : max]) WITH ORDINALITY AS h(id, n) JOIN chat c ON c.id = h.id);
END
$$;
