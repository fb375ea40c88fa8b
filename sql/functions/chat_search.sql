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

-- Is it one of the chats that a search asks for?  filters: { pinned, archived, shared }.  What costs least is
-- looked at first.
CREATE OR REPLACE FUNCTION owui.chat_fits(c chat, filters json, tags text[], folders text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT c.archived = coalesce((filters->>'archived')::boolean, false)
	   AND (filters->>'pinned' IS NULL OR c.pinned = (filters->>'pinned')::boolean)
	   AND (filters->>'shared' IS NULL OR (c.share_id IS NOT NULL) = (filters->>'shared')::boolean)
	   AND (folders IS NULL OR c.folder_id = ANY (folders))
	   AND NOT owui.chat_internal(c.meta)
	   AND (tags IS NULL OR CASE WHEN 'none' = ANY (tags) THEN owui.chat_tags(c.meta) = '{}'
				     ELSE owui.chat_tags(c.meta) @> tags END)
$$;

-- The chats that one of the filters leaves, when they are at most `many`; else NULL.
CREATE OR REPLACE FUNCTION owui.chat_chosen(uid text, filters json, tags text[], folders text[], many int)
RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
	ids text[];
BEGIN
	IF tags <> '{}' AND NOT 'none' = ANY (tags) THEN
		ids := ARRAY(SELECT c.id FROM chat c WHERE c.user_id = uid AND c.meta::jsonb->'tags' @> to_jsonb(tags)
			      LIMIT many + 1);
	ELSIF folders IS NOT NULL THEN
		ids := ARRAY(SELECT c.id FROM chat c WHERE c.user_id = uid AND c.folder_id = ANY (folders) LIMIT many + 1);
	ELSIF filters->>'pinned' = 'true' THEN
		ids := ARRAY(SELECT c.id FROM chat c WHERE c.user_id = uid AND c.pinned LIMIT many + 1);
	ELSIF filters->>'shared' = 'true' THEN
		ids := ARRAY(SELECT c.id FROM chat c WHERE c.user_id = uid AND c.share_id IS NOT NULL LIMIT many + 1);
	ELSIF filters->>'archived' = 'true' THEN
		ids := ARRAY(SELECT c.id FROM chat c WHERE c.user_id = uid AND c.archived LIMIT many + 1);
	END IF;
	RETURN CASE WHEN cardinality(ids) <= many THEN ids END;
END
$$;

-- The chats that can hold what has these numbers, when they are at most `many`; else NULL.
CREATE OR REPLACE FUNCTION owui.chat_candidates(wanted int[], many int) RETURNS text[]
LANGUAGE plpgsql STABLE SET enable_seqscan TO off AS $$
DECLARE
	ids text[] := ARRAY(SELECT i.chat_id FROM owui.chat_index i WHERE i.grams @> wanted LIMIT many + 1);
BEGIN
	RETURN CASE WHEN cardinality(ids) <= many THEN ids END;
END
$$;

-- Those of some chats, in their order, whose text matches all patterns (NULL: any).
CREATE OR REPLACE FUNCTION owui.chat_matching(ids text[], patterns text[], stale text[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN patterns IS NULL THEN ids ELSE ARRAY(
		SELECT b.id FROM unnest(ids) WITH ORDINALITY AS b(id, n) LEFT JOIN owui.chat_index i ON i.chat_id = b.id
		 WHERE CASE WHEN i.chat_id IS NULL OR b.id = ANY (stale) THEN owui.chat_body_of(b.id) ELSE i.body END
			LIKE ALL (patterns)
		 ORDER BY b.n) END
$$;

-- Is it time to ask the index, when so many of the newest chats fitted?  What the index costs grows with the account's
-- chats, what walking on costs with the rarity of the words.
CREATE OR REPLACE FUNCTION owui.chat_index_pays(uid text, walked int, hits int) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN (SELECT count(*) FROM (SELECT FROM chat c WHERE c.user_id = uid LIMIT 2001) x) <= 2000
		    THEN hits * 5 < walked ELSE walked >= 300 AND hits * 50 < walked END
$$;

-- The first `max` of an account's chats that match all needles (NULL: any), newest first, but for `without`.
-- They are in lower case, % and _ in them are wildcards.
--
-- Where a filter leaves few chats, those are looked at.  Else the newest are walked through, which is enough for
-- what is said often; where that finds little, the index is asked which chats can hold the words at all.
CREATE OR REPLACE FUNCTION owui.chat_find(uid text, filters json, needles text[], wanted int[], max bigint,
	without text[]) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
	many constant int := 5000;
	step int := 60;
	tags text[] := CASE WHEN filters->'tags' IS NOT NULL
		THEN ARRAY(SELECT json_array_elements_text(filters->'tags')) END;
	folders text[] := CASE WHEN filters->'folders' IS NOT NULL
		THEN ARRAY(SELECT owui.folders_named(uid, ARRAY(SELECT json_array_elements_text(filters->'folders')))) END;
	patterns text[] := CASE WHEN needles IS NOT NULL THEN ARRAY(SELECT '%' || n || '%' FROM unnest(needles) n) END;
	stale text[] := ARRAY(SELECT s.chat_id FROM owui.chat_stale s WHERE s.user_id = uid);
	ids text[] := owui.chat_chosen(uid, filters, tags, folders, many);
	asked boolean := ids IS NOT NULL OR wanted IS NULL;
	sorted boolean := false;
	last_at bigint := 9223372036854775807;
	last_id text := '';
	walked int := 0;
	batch text[];
	hits text[] := '{}';
BEGIN
	LOOP
		IF NOT asked AND walked > 0 AND owui.chat_index_pays(uid, walked, cardinality(hits)) THEN
			ids := owui.chat_candidates(wanted, many);
			ids := CASE WHEN ids IS NOT NULL THEN ids || stale END;
			asked := true;
		END IF;
		IF ids IS NOT NULL AND NOT sorted THEN
			ids := ARRAY(SELECT c.id FROM chat c WHERE c.id = ANY (ids) AND c.user_id = uid
				AND owui.chat_fits(c, filters, tags, folders) AND c.id <> ALL (without) AND c.updated_at <= last_at
				AND (c.updated_at < last_at OR c.id > last_id) ORDER BY c.updated_at DESC, c.id);
			sorted := true;
			walked := 0;
		END IF;
		batch := CASE WHEN sorted THEN ids[walked + 1 : walked + step] ELSE ARRAY(SELECT c.id FROM chat c
			WHERE c.user_id = uid AND c.updated_at <= last_at AND (c.updated_at < last_at OR c.id > last_id)
			  AND owui.chat_fits(c, filters, tags, folders) AND c.id <> ALL (without)
			ORDER BY c.updated_at DESC, c.id LIMIT step) END;
		EXIT WHEN cardinality(batch) = 0;
		hits := hits || owui.chat_matching(batch, patterns, stale);
		EXIT WHEN cardinality(hits) >= max OR cardinality(batch) < step;
		walked := walked + step;
		last_id := batch[step];
		SELECT c.updated_at INTO last_at FROM chat c WHERE c.id = last_id;
		step := 300;
	END LOOP;
	RETURN hits[1 : max];
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
