-- What owui-wsd asks.  Statements that check a session begin with the columns of auth_user.

-- The account behind a token, its entry for the session pool and the channels it may hear.
-- name: realtime_join(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, a.session_stamp,
       u.last_active_at, CASE WHEN a.active THEN owui.mfa_ready(a.mfa) END,
       (SELECT row_to_json(r) FROM
         (SELECT u.id, u.email, u.username, u.role, u.name, u.timezone, u.presence_state,
                 u.status_emoji, u.status_message, u.status_expires_at, u.info, u.settings,
                 u.oauth, u.scim, u.last_active_at, u.updated_at, u.created_at) r),
       (SELECT json_agg(c.id) FROM channel c
         WHERE c.deleted_at IS NULL AND c.archived_at IS NULL
           AND CASE WHEN c.type IN ('group', 'dm')
                    THEN EXISTS (SELECT FROM channel_member m
                                  WHERE m.channel_id = c.id AND m.user_id = u.id AND m.is_active)
                    ELSE c.user_id = u.id OR c.id IN (SELECT owui.accessible(u.id, 'channel', 'read'))
               END)
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id = $1;

-- The account and its entry alone, for connections and heartbeats.
-- name: realtime_entry(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, a.session_stamp,
       u.last_active_at, CASE WHEN a.active THEN owui.mfa_ready(a.mfa) END,
       (SELECT row_to_json(r) FROM
         (SELECT u.id, u.email, u.username, u.role, u.name, u.timezone, u.presence_state,
                 u.status_emoji, u.status_message, u.status_expires_at, u.info, u.settings,
                 u.oauth, u.scim, u.last_active_at, u.updated_at, u.created_at) r)
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id = $1;

-- name: realtime_seen(id text) count
UPDATE "user" SET last_active_at = owui.now() WHERE id = $1 AND last_active_at < owui.now();

-- What a session depends on, of many accounts, for the sweep: a row for each that still exists.
-- name: realtime_accounts(ids json) rows
SELECT u.id, u.role, a.session_stamp, CASE WHEN a.active THEN owui.mfa_ready(a.mfa) END
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id IN (SELECT value FROM json_array_elements_text($1));

-- May the account read (write: continue) the chat?  Its owner may; an administrator may read when
-- `admin_reads` or the chat is internal; else the share in "continue" mode or a folder decides.
-- name: realtime_chat_access(chat text, user_id text, permission text, admin_reads bool) bool
SELECT owui.chat_open_to($1, $2, $3, $4);

-- Mark the chat read, by its owner: the time, and the unread counts of all its owner's folders when
-- it was unread.
-- name: realtime_chat_read(chat text, user_id text) row
WITH was AS (
	SELECT id, last_read_at IS NULL OR updated_at > last_read_at AS unread
	  FROM chat WHERE id = $1 AND user_id = $2
), done AS (
	UPDATE chat c SET last_read_at = owui.now() FROM was WHERE c.id = was.id
	RETURNING c.last_read_at
)
SELECT done.last_read_at, CASE WHEN was.unread THEN owui.folder_unread($2, $1) END
  FROM was, done;

-- name: realtime_channel_read(channel text, user_id text) count
UPDATE channel_member SET last_read_at = owui.now_ns(), updated_at = owui.now_ns()
 WHERE channel_id = $1 AND user_id = $2;

-- The id of a note that the account may read, administrators all.
-- name: realtime_note_access(note text, user_id text, is_admin bool) text
SELECT n.id FROM note n
 WHERE n.id = $1 AND ($3 OR n.user_id = $2 OR owui.has_access($2, 'note', n.id, 'read'));

-- The same for those who may change it.
-- name: realtime_note_write(note text, user_id text, is_admin bool) text
SELECT n.id FROM note n
 WHERE n.id = $1 AND ($3 OR n.user_id = $2 OR owui.has_access($2, 'note', n.id, 'write'));

-- name: realtime_note_content(note text) json
SELECT n.data->'content' FROM note n WHERE n.id = $1;
