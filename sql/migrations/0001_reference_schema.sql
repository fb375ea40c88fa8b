-- The tables of Open WebUI 0.12.4, as its own start makes them.  Only an empty database gets them.

CREATE TABLE access_grant (
    id text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    principal_type text NOT NULL,
    principal_id text NOT NULL,
    permission text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE api_key (
    id text NOT NULL,
    user_id text,
    key text NOT NULL,
    data json,
    expires_at bigint,
    last_used_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE app (
    id text NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    user_id text,
    is_active boolean DEFAULT false NOT NULL,
    data json NOT NULL,
    api_key text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE auth (
    id character varying NOT NULL,
    email character varying,
    password text,
    active boolean,
    mfa json,
    session_stamp text
);

CREATE TABLE automation (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    data json NOT NULL,
    meta json,
    is_active boolean NOT NULL,
    last_run_at bigint,
    next_run_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    folder_id text
);

CREATE TABLE automation_run (
    id text NOT NULL,
    automation_id text NOT NULL,
    chat_id text,
    status text NOT NULL,
    error text,
    created_at bigint NOT NULL
);

CREATE TABLE calendar (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    color text,
    is_default boolean NOT NULL,
    data json,
    meta json,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE calendar_event (
    id text NOT NULL,
    calendar_id text NOT NULL,
    user_id text NOT NULL,
    title text NOT NULL,
    description text,
    start_at bigint NOT NULL,
    end_at bigint,
    all_day boolean NOT NULL,
    rrule text,
    color text,
    location text,
    data json,
    meta json,
    is_cancelled boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE calendar_event_attendee (
    id text NOT NULL,
    event_id text NOT NULL,
    user_id text NOT NULL,
    status text NOT NULL,
    meta json,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE channel (
    id text NOT NULL,
    user_id text,
    name text,
    description text,
    data json,
    meta json,
    created_at bigint,
    updated_at bigint,
    type text,
    is_private boolean,
    archived_at bigint,
    archived_by text,
    deleted_at bigint,
    deleted_by text,
    updated_by text
);

CREATE TABLE channel_file (
    id text NOT NULL,
    user_id text NOT NULL,
    channel_id text NOT NULL,
    file_id text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    message_id text
);

CREATE TABLE channel_member (
    id text NOT NULL,
    channel_id text NOT NULL,
    user_id text,
    created_at bigint,
    status text,
    is_active boolean DEFAULT true NOT NULL,
    is_channel_muted boolean DEFAULT false NOT NULL,
    is_channel_pinned boolean DEFAULT false NOT NULL,
    data json,
    meta json,
    joined_at bigint NOT NULL,
    left_at bigint,
    last_read_at bigint,
    updated_at bigint,
    role text,
    invited_by text,
    invited_at bigint,
    app_id text,
    CONSTRAINT ck_channel_member_identity CHECK (((user_id IS NULL) <> (app_id IS NULL)))
);

CREATE TABLE channel_webhook (
    id text NOT NULL,
    user_id text NOT NULL,
    channel_id text NOT NULL,
    name text NOT NULL,
    profile_image_url text,
    token text NOT NULL,
    last_used_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE chat (
    id character varying NOT NULL,
    user_id character varying,
    title text,
    created_at bigint,
    updated_at bigint,
    share_id text,
    archived boolean,
    chat json,
    pinned boolean,
    meta json DEFAULT '{}'::json NOT NULL,
    folder_id text,
    tasks json,
    summary text,
    last_read_at bigint,
    current_message_id text,
    variables json,
    timer_at bigint
);

CREATE TABLE chat_file (
    id text NOT NULL,
    user_id text NOT NULL,
    chat_id text NOT NULL,
    file_id text NOT NULL,
    message_id text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE chat_message (
    id text NOT NULL,
    chat_id text NOT NULL,
    user_id text,
    role text NOT NULL,
    parent_id text,
    content json,
    output json,
    model_id text,
    files json,
    sources json,
    embeds json,
    done boolean,
    status_history json,
    error json,
    usage json,
    created_at bigint,
    updated_at bigint,
    context_summary text,
    meta json
);

CREATE TABLE chatidtag (
    id character varying NOT NULL,
    tag_name character varying,
    chat_id character varying,
    user_id character varying,
    "timestamp" bigint
);

CREATE TABLE config (
    key text NOT NULL,
    value json NOT NULL,
    updated_at bigint
);

CREATE TABLE config_old (
    id integer NOT NULL,
    data json NOT NULL,
    version integer NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now()
);

CREATE SEQUENCE config_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE config_id_seq OWNED BY config_old.id;

CREATE TABLE document (
    collection_name character varying NOT NULL,
    name character varying,
    title text,
    filename text,
    content text,
    user_id character varying,
    "timestamp" bigint
);

CREATE TABLE feedback (
    id text NOT NULL,
    user_id text,
    version bigint,
    type text,
    data json,
    meta json,
    snapshot json,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE file (
    id character varying NOT NULL,
    user_id character varying,
    filename text,
    meta json,
    created_at bigint,
    hash text,
    data json,
    updated_at bigint,
    path text
);

CREATE TABLE folder (
    id text NOT NULL,
    parent_id text,
    user_id text NOT NULL,
    name text NOT NULL,
    items json,
    meta json,
    is_expanded boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    data json
);

CREATE TABLE function (
    id character varying NOT NULL,
    user_id character varying,
    name text,
    type text,
    content text,
    meta text,
    valves text,
    is_active boolean,
    is_global boolean,
    updated_at bigint,
    created_at bigint,
    version_id text
);

CREATE TABLE function_history (
    id text NOT NULL,
    function_id text NOT NULL,
    parent_id text,
    snapshot json NOT NULL,
    user_id text NOT NULL,
    commit_message text,
    created_at bigint NOT NULL
);

CREATE TABLE "group" (
    id text NOT NULL,
    user_id text,
    name text,
    description text,
    data json,
    meta json,
    permissions json,
    created_at bigint,
    updated_at bigint,
    parent_group_id text
);

CREATE TABLE group_member (
    id text NOT NULL,
    group_id text NOT NULL,
    user_id text NOT NULL,
    created_at bigint,
    updated_at bigint
);

CREATE TABLE knowledge (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text,
    meta json,
    created_at bigint NOT NULL,
    updated_at bigint,
    data json
);

CREATE TABLE knowledge_directory (
    id text NOT NULL,
    knowledge_id text NOT NULL,
    parent_id text,
    name text NOT NULL,
    user_id text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE knowledge_file (
    id text NOT NULL,
    user_id text NOT NULL,
    knowledge_id text NOT NULL,
    file_id text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    directory_id text
);

CREATE TABLE memory (
    id character varying NOT NULL,
    user_id character varying,
    content text,
    updated_at bigint,
    created_at bigint,
    type character varying DEFAULT 'context'::character varying NOT NULL,
    path text,
    meta json
);

CREATE TABLE message (
    id text NOT NULL,
    user_id text,
    channel_id text,
    content text,
    data json,
    meta json,
    created_at bigint,
    updated_at bigint,
    parent_id text,
    reply_to_id text,
    is_pinned boolean DEFAULT false NOT NULL,
    pinned_at bigint,
    pinned_by text,
    app_id text
);

CREATE TABLE message_reaction (
    id text NOT NULL,
    user_id text NOT NULL,
    message_id text NOT NULL,
    name text NOT NULL,
    created_at bigint
);

CREATE TABLE model (
    id text NOT NULL,
    user_id text,
    base_model_id text,
    name text,
    params text,
    meta text,
    updated_at bigint,
    created_at bigint,
    is_active boolean DEFAULT true NOT NULL,
    version_id text
);

CREATE TABLE model_history (
    id text NOT NULL,
    model_id text NOT NULL,
    parent_id text,
    snapshot json NOT NULL,
    user_id text NOT NULL,
    commit_message text,
    created_at bigint NOT NULL
);

CREATE TABLE note (
    id text NOT NULL,
    user_id text,
    title text,
    data json,
    meta json,
    created_at bigint,
    updated_at bigint
);

CREATE TABLE oauth_session (
    id text NOT NULL,
    user_id text NOT NULL,
    provider text NOT NULL,
    token text NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE pinned_note (
    id text NOT NULL,
    user_id text NOT NULL,
    note_id text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE prompt (
    id text NOT NULL,
    command character varying,
    user_id character varying NOT NULL,
    name text NOT NULL,
    content text NOT NULL,
    data json,
    meta json,
    is_active boolean DEFAULT true NOT NULL,
    version_id text,
    tags json,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE prompt_history (
    id text NOT NULL,
    prompt_id text NOT NULL,
    parent_id text,
    snapshot json NOT NULL,
    user_id text NOT NULL,
    commit_message text,
    created_at bigint NOT NULL
);

CREATE TABLE shared_chat (
    id text NOT NULL,
    chat_id text NOT NULL,
    user_id text NOT NULL,
    title text,
    chat json,
    created_at bigint,
    updated_at bigint
);

CREATE TABLE skill (
    id character varying NOT NULL,
    user_id character varying NOT NULL,
    name text NOT NULL,
    description text,
    content text NOT NULL,
    meta json,
    is_active boolean NOT NULL,
    updated_at bigint NOT NULL,
    created_at bigint NOT NULL,
    version_id text,
    data json
);

CREATE TABLE skill_history (
    id text NOT NULL,
    skill_id text NOT NULL,
    parent_id text,
    snapshot json NOT NULL,
    user_id text NOT NULL,
    commit_message text,
    created_at bigint NOT NULL
);

CREATE TABLE tag (
    id character varying NOT NULL,
    name character varying,
    user_id character varying NOT NULL,
    meta json
);

CREATE TABLE tool (
    id character varying NOT NULL,
    user_id character varying,
    name text,
    content text,
    specs text,
    meta text,
    valves text,
    updated_at bigint,
    created_at bigint,
    version_id text
);

CREATE TABLE tool_history (
    id text NOT NULL,
    tool_id text NOT NULL,
    parent_id text,
    snapshot json NOT NULL,
    user_id text NOT NULL,
    commit_message text,
    created_at bigint NOT NULL
);

CREATE TABLE "user" (
    id character varying NOT NULL,
    name character varying,
    email character varying,
    role character varying,
    profile_image_url text,
    last_active_at bigint,
    updated_at bigint,
    created_at bigint,
    settings json,
    info json,
    username character varying(50),
    bio text,
    gender text,
    date_of_birth date,
    profile_banner_image_url text,
    timezone character varying,
    presence_state character varying,
    status_emoji character varying,
    status_message text,
    status_expires_at bigint,
    oauth json,
    scim json,
    variables json
);

ALTER TABLE ONLY config_old ALTER COLUMN id SET DEFAULT nextval('config_id_seq'::regclass);

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT access_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY api_key
    ADD CONSTRAINT api_key_key_key UNIQUE (key);

ALTER TABLE ONLY api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app
    ADD CONSTRAINT app_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app
    ADD CONSTRAINT app_slug_key UNIQUE (slug);

ALTER TABLE ONLY auth
    ADD CONSTRAINT auth_pkey PRIMARY KEY (id);

ALTER TABLE ONLY automation
    ADD CONSTRAINT automation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY automation_run
    ADD CONSTRAINT automation_run_pkey PRIMARY KEY (id);

ALTER TABLE ONLY calendar_event_attendee
    ADD CONSTRAINT calendar_event_attendee_pkey PRIMARY KEY (id);

ALTER TABLE ONLY calendar_event
    ADD CONSTRAINT calendar_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY calendar
    ADD CONSTRAINT calendar_pkey PRIMARY KEY (id);

ALTER TABLE ONLY channel_file
    ADD CONSTRAINT channel_file_pkey PRIMARY KEY (id);

ALTER TABLE ONLY channel_member
    ADD CONSTRAINT channel_member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (id);

ALTER TABLE ONLY channel_webhook
    ADD CONSTRAINT channel_webhook_pkey PRIMARY KEY (id);

ALTER TABLE ONLY chat_file
    ADD CONSTRAINT chat_file_pkey PRIMARY KEY (id);

ALTER TABLE ONLY chat_message
    ADD CONSTRAINT chat_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY chat
    ADD CONSTRAINT chat_pkey PRIMARY KEY (id);

ALTER TABLE ONLY chat
    ADD CONSTRAINT chat_share_id_key UNIQUE (share_id);

ALTER TABLE ONLY chatidtag
    ADD CONSTRAINT chatidtag_pkey PRIMARY KEY (id);

ALTER TABLE ONLY config_old
    ADD CONSTRAINT config_pkey PRIMARY KEY (id);

ALTER TABLE ONLY config
    ADD CONSTRAINT config_pkey1 PRIMARY KEY (key);

ALTER TABLE ONLY document
    ADD CONSTRAINT document_name_key UNIQUE (name);

ALTER TABLE ONLY document
    ADD CONSTRAINT document_pkey PRIMARY KEY (collection_name);

ALTER TABLE ONLY feedback
    ADD CONSTRAINT feedback_pkey PRIMARY KEY (id);

ALTER TABLE ONLY file
    ADD CONSTRAINT file_pkey PRIMARY KEY (id);

ALTER TABLE ONLY folder
    ADD CONSTRAINT folder_pkey PRIMARY KEY (id, user_id);

ALTER TABLE ONLY function_history
    ADD CONSTRAINT function_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY function
    ADD CONSTRAINT function_pkey PRIMARY KEY (id);

ALTER TABLE ONLY group_member
    ADD CONSTRAINT group_member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY "group"
    ADD CONSTRAINT group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY knowledge_directory
    ADD CONSTRAINT knowledge_directory_pkey PRIMARY KEY (id);

ALTER TABLE ONLY knowledge_file
    ADD CONSTRAINT knowledge_file_pkey PRIMARY KEY (id);

ALTER TABLE ONLY knowledge
    ADD CONSTRAINT knowledge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY memory
    ADD CONSTRAINT memory_pkey PRIMARY KEY (id);

ALTER TABLE ONLY message
    ADD CONSTRAINT message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY message_reaction
    ADD CONSTRAINT message_reaction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY model_history
    ADD CONSTRAINT model_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY model
    ADD CONSTRAINT model_pkey PRIMARY KEY (id);

ALTER TABLE ONLY note
    ADD CONSTRAINT note_pkey PRIMARY KEY (id);

ALTER TABLE ONLY oauth_session
    ADD CONSTRAINT oauth_session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pinned_note
    ADD CONSTRAINT pinned_note_pkey PRIMARY KEY (id);

ALTER TABLE ONLY tag
    ADD CONSTRAINT pk_id_user_id PRIMARY KEY (id, user_id);

ALTER TABLE ONLY prompt_history
    ADD CONSTRAINT prompt_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prompt
    ADD CONSTRAINT prompt_new_pkey PRIMARY KEY (id);

ALTER TABLE ONLY shared_chat
    ADD CONSTRAINT shared_chat_pkey PRIMARY KEY (id);

ALTER TABLE ONLY skill_history
    ADD CONSTRAINT skill_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY skill
    ADD CONSTRAINT skill_name_key UNIQUE (name);

ALTER TABLE ONLY skill
    ADD CONSTRAINT skill_pkey PRIMARY KEY (id);

ALTER TABLE ONLY tool_history
    ADD CONSTRAINT tool_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY tool
    ADD CONSTRAINT tool_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT uq_access_grant_grant UNIQUE (resource_type, resource_id, principal_type, principal_id, permission);

ALTER TABLE ONLY channel_file
    ADD CONSTRAINT uq_channel_file_channel_file UNIQUE (channel_id, file_id);

ALTER TABLE ONLY channel_member
    ADD CONSTRAINT uq_channel_member_app UNIQUE (channel_id, app_id);

ALTER TABLE ONLY chat_file
    ADD CONSTRAINT uq_chat_file_chat_file UNIQUE (chat_id, file_id);

ALTER TABLE ONLY calendar_event_attendee
    ADD CONSTRAINT uq_event_attendee UNIQUE (event_id, user_id);

ALTER TABLE ONLY group_member
    ADD CONSTRAINT uq_group_member_group_user UNIQUE (group_id, user_id);

ALTER TABLE ONLY knowledge_directory
    ADD CONSTRAINT uq_knowledge_directory_knowledge_parent_name UNIQUE (knowledge_id, parent_id, name);

ALTER TABLE ONLY knowledge_file
    ADD CONSTRAINT uq_knowledge_file_knowledge_file UNIQUE (knowledge_id, file_id);

ALTER TABLE ONLY pinned_note
    ADD CONSTRAINT uq_pinned_note UNIQUE (user_id, note_id);

ALTER TABLE ONLY "user"
    ADD CONSTRAINT user_pkey PRIMARY KEY (id);

CREATE INDEX chat_message_chat_parent_idx ON chat_message USING btree (chat_id, parent_id);

CREATE INDEX chat_message_chat_role_done_idx ON chat_message USING btree (chat_id, role, done);

CREATE INDEX chat_message_model_created_idx ON chat_message USING btree (model_id, created_at);

CREATE INDEX chat_message_user_created_idx ON chat_message USING btree (user_id, created_at);

CREATE INDEX file_pending_knowledge_idx ON file USING btree ((((meta -> 'data'::text) ->> 'knowledge_id'::text))) WHERE ((data ->> 'status'::text) = ANY (ARRAY['pending'::text, 'processing'::text]));

CREATE INDEX folder_id_idx ON chat USING btree (folder_id);

CREATE INDEX folder_id_user_id_idx ON chat USING btree (folder_id, user_id);

CREATE INDEX idx_access_grant_principal ON access_grant USING btree (principal_type, principal_id);

CREATE INDEX idx_access_grant_resource ON access_grant USING btree (resource_type, resource_id);

CREATE INDEX idx_oauth_session_expires_at ON oauth_session USING btree (expires_at);

CREATE INDEX idx_oauth_session_user_id ON oauth_session USING btree (user_id);

CREATE INDEX idx_oauth_session_user_provider ON oauth_session USING btree (user_id, provider);

CREATE INDEX idx_skill_updated_at ON skill USING btree (updated_at);

CREATE INDEX idx_skill_user_id ON skill USING btree (user_id);

CREATE INDEX is_global_idx ON function USING btree (is_global);

CREATE INDEX ix_automation_next_run ON automation USING btree (next_run_at);

CREATE INDEX ix_automation_run_automation_id ON automation_run USING btree (automation_id);

CREATE INDEX ix_automation_user_folder ON automation USING btree (user_id, folder_id);

CREATE INDEX ix_calendar_event_attendee_user ON calendar_event_attendee USING btree (user_id, status);

CREATE INDEX ix_calendar_event_calendar ON calendar_event USING btree (calendar_id, start_at);

CREATE INDEX ix_calendar_event_user_date ON calendar_event USING btree (user_id, start_at);

CREATE INDEX ix_calendar_user ON calendar USING btree (user_id);

CREATE INDEX ix_channel_file_channel_id ON channel_file USING btree (channel_id);

CREATE INDEX ix_channel_file_file_id ON channel_file USING btree (file_id);

CREATE INDEX ix_channel_file_user_id ON channel_file USING btree (user_id);

CREATE INDEX ix_channel_member_app_active ON channel_member USING btree (app_id, is_active);

CREATE INDEX ix_chat_file_chat_id ON chat_file USING btree (chat_id);

CREATE INDEX ix_chat_file_file_id ON chat_file USING btree (file_id);

CREATE INDEX ix_chat_file_message_id ON chat_file USING btree (message_id);

CREATE INDEX ix_chat_file_user_id ON chat_file USING btree (user_id);

CREATE INDEX ix_chat_message_chat_id ON chat_message USING btree (chat_id);

CREATE INDEX ix_chat_message_created_at ON chat_message USING btree (created_at);

CREATE INDEX ix_chat_message_model_id ON chat_message USING btree (model_id);

CREATE INDEX ix_chat_message_user_id ON chat_message USING btree (user_id);

CREATE INDEX ix_function_history_function_id ON function_history USING btree (function_id);

CREATE INDEX ix_group_member_user_id_group_id ON group_member USING btree (user_id, group_id);

CREATE INDEX ix_group_parent_group_id ON "group" USING btree (parent_group_id);

CREATE INDEX ix_knowledge_directory_knowledge_id ON knowledge_directory USING btree (knowledge_id);

CREATE INDEX ix_knowledge_directory_parent_id ON knowledge_directory USING btree (parent_id);

CREATE INDEX ix_knowledge_file_directory_id ON knowledge_file USING btree (directory_id);

CREATE INDEX ix_knowledge_file_file_id ON knowledge_file USING btree (file_id);

CREATE INDEX ix_knowledge_file_knowledge_id ON knowledge_file USING btree (knowledge_id);

CREATE INDEX ix_knowledge_file_user_id ON knowledge_file USING btree (user_id);

CREATE INDEX ix_memory_id_user_id ON memory USING btree (id, user_id);

CREATE INDEX ix_memory_type ON memory USING btree (type);

CREATE INDEX ix_memory_user_id ON memory USING btree (user_id);

CREATE INDEX ix_message_app ON message USING btree (app_id);

CREATE INDEX ix_model_history_model_id ON model_history USING btree (model_id);

CREATE INDEX ix_prompt_history_prompt_id ON prompt_history USING btree (prompt_id);

CREATE UNIQUE INDEX ix_prompt_new_command ON prompt USING btree (command);

CREATE INDEX ix_skill_history_skill_id ON skill_history USING btree (skill_id);

CREATE INDEX ix_tool_history_tool_id ON tool_history USING btree (tool_id);

CREATE INDEX timer_at_idx ON chat USING btree (timer_at) WHERE (timer_at IS NOT NULL);

CREATE INDEX updated_at_user_id_idx ON chat USING btree (updated_at, user_id);

CREATE UNIQUE INDEX uq_user_email_lower ON "user" USING btree (lower((email)::text)) WHERE (email IS NOT NULL);

CREATE INDEX user_id_archived_idx ON chat USING btree (user_id, archived);

CREATE INDEX user_id_folder_unread_idx ON chat USING btree (user_id, folder_id, archived, updated_at, last_read_at, id);

CREATE INDEX user_id_idx ON tag USING btree (user_id);

CREATE INDEX user_id_pinned_idx ON chat USING btree (user_id, pinned);

CREATE INDEX user_id_timer_at_idx ON chat USING btree (user_id, timer_at) WHERE (timer_at IS NOT NULL);

CREATE INDEX user_id_updated_at_id_idx ON chat USING btree (user_id, updated_at DESC, id);

ALTER TABLE ONLY api_key
    ADD CONSTRAINT api_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY channel_file
    ADD CONSTRAINT channel_file_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id) ON DELETE CASCADE;

ALTER TABLE ONLY channel_file
    ADD CONSTRAINT channel_file_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id) ON DELETE CASCADE;

ALTER TABLE ONLY channel_webhook
    ADD CONSTRAINT channel_webhook_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id) ON DELETE CASCADE;

ALTER TABLE ONLY chat_file
    ADD CONSTRAINT chat_file_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chat(id) ON DELETE CASCADE;

ALTER TABLE ONLY chat_file
    ADD CONSTRAINT chat_file_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id) ON DELETE CASCADE;

ALTER TABLE ONLY chat_message
    ADD CONSTRAINT chat_message_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chat(id) ON DELETE CASCADE;

ALTER TABLE ONLY channel_file
    ADD CONSTRAINT fk_channel_file_message_id FOREIGN KEY (message_id) REFERENCES message(id) ON DELETE CASCADE;

ALTER TABLE ONLY "group"
    ADD CONSTRAINT fk_group_parent FOREIGN KEY (parent_group_id) REFERENCES "group"(id) ON DELETE SET NULL;

ALTER TABLE ONLY knowledge_file
    ADD CONSTRAINT fk_knowledge_file_directory_id FOREIGN KEY (directory_id) REFERENCES knowledge_directory(id) ON DELETE SET NULL;

ALTER TABLE ONLY group_member
    ADD CONSTRAINT group_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES "group"(id) ON DELETE CASCADE;

ALTER TABLE ONLY group_member
    ADD CONSTRAINT group_member_user_id_fkey FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY knowledge_directory
    ADD CONSTRAINT knowledge_directory_knowledge_id_fkey FOREIGN KEY (knowledge_id) REFERENCES knowledge(id) ON DELETE CASCADE;

ALTER TABLE ONLY knowledge_directory
    ADD CONSTRAINT knowledge_directory_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES knowledge_directory(id) ON DELETE CASCADE;

ALTER TABLE ONLY knowledge_file
    ADD CONSTRAINT knowledge_file_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id) ON DELETE CASCADE;

ALTER TABLE ONLY knowledge_file
    ADD CONSTRAINT knowledge_file_knowledge_id_fkey FOREIGN KEY (knowledge_id) REFERENCES knowledge(id) ON DELETE CASCADE;

ALTER TABLE ONLY oauth_session
    ADD CONSTRAINT oauth_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;

ALTER TABLE ONLY pinned_note
    ADD CONSTRAINT pinned_note_note_id_fkey FOREIGN KEY (note_id) REFERENCES note(id) ON DELETE CASCADE;

ALTER TABLE ONLY shared_chat
    ADD CONSTRAINT shared_chat_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chat(id) ON DELETE CASCADE;

INSERT INTO alembic_version (version_num) VALUES ('0bd252b206fb');
