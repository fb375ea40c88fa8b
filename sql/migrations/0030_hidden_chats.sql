-- Hidden conversations are found by the note that they belong to.
CREATE INDEX IF NOT EXISTS owui_chat_note ON public.chat (user_id, (meta->>'note_id'))
 WHERE meta->>'note_id' IS NOT NULL;
