-- What waits to be sorted into these indexes is read by every search that asks them: little of it, so that a search
-- right after many conversations came is as quick as later.
ALTER INDEX owui.chat_index_grams SET (gin_pending_list_limit = 256);
ALTER INDEX owui_chat_tags SET (gin_pending_list_limit = 64);
