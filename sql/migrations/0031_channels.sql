-- Indexes for channels: who is in one, its messages newest first, threads, reactions.
CREATE INDEX IF NOT EXISTS owui_channel_member_user ON public.channel_member (user_id);
CREATE INDEX IF NOT EXISTS owui_channel_member_channel ON public.channel_member (channel_id);
CREATE INDEX IF NOT EXISTS owui_message_channel ON public.message (channel_id, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS owui_message_parent ON public.message (parent_id);
CREATE INDEX IF NOT EXISTS owui_message_reaction_message ON public.message_reaction (message_id);
