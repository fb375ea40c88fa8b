-- Indexes for the search in conversations: tags, and those that are shared.
CREATE INDEX IF NOT EXISTS owui_chat_tags ON public.chat USING gin ((meta::jsonb->'tags') jsonb_path_ops);
CREATE INDEX IF NOT EXISTS owui_chat_shared ON public.chat (user_id) WHERE share_id IS NOT NULL;
