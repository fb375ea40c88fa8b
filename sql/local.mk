# The named statements, compiled in; a new file is added here.
sql_queries =
sql_queries += sql/queries/access.sql
sql_queries += sql/queries/app.sql
sql_queries += sql/queries/apps.sql
sql_queries += sql/queries/auth.sql
sql_queries += sql/queries/automation.sql
sql_queries += sql/queries/calendar.sql
sql_queries += sql/queries/channel.sql
sql_queries += sql/queries/chat.sql
sql_queries += sql/queries/chat_search.sql
sql_queries += sql/queries/config.sql
sql_queries += sql/queries/ctl.sql
sql_queries += sql/queries/event.sql
sql_queries += sql/queries/feedback.sql
sql_queries += sql/queries/folder.sql
sql_queries += sql/queries/group.sql
sql_queries += sql/queries/knowledge_connection.sql
sql_queries += sql/queries/memory.sql
sql_queries += sql/queries/migrate.sql
sql_queries += sql/queries/model.sql
sql_queries += sql/queries/note.sql
sql_queries += sql/queries/oauth.sql
sql_queries += sql/queries/prompt.sql
sql_queries += sql/queries/realtime.sql
sql_queries += sql/queries/scim.sql
sql_queries += sql/queries/search.sql
sql_queries += sql/queries/skill.sql
sql_queries += sql/queries/tag.sql
sql_queries += sql/queries/thing.sql
sql_queries += sql/queries/tool.sql
sql_queries += sql/queries/turn.sql
sql_queries += sql/queries/usage.sql
sql_queries += sql/queries/user.sql
sql_queries += sql/queries/vector.sql
sql_queries += sql/queries/workspace.sql
EXTRA_DIST += $(sql_queries)

# What `owuictl migrate` applies, in this order.  A migration is never changed once it was released.
sql_migrations = \
	sql/migrations/0001_reference_schema.sql \
	sql/migrations/0002_owui.sql \
	sql/migrations/0030_hidden_chats.sql \
	sql/migrations/0031_channels.sql \
	sql/migrations/0032_chat_filters.sql \
	sql/migrations/0040_chat_search.sql \
	sql/migrations/0080_chat_search_pending.sql
EXTRA_DIST += $(sql_migrations)

# Functions of the schema owui: all are made anew when one of these files changed.
sql_functions =
sql_functions += sql/functions/00_base.sql
sql_functions += sql/functions/access.sql
sql_functions += sql/functions/account.sql
sql_functions += sql/functions/automation.sql
sql_functions += sql/functions/calendar.sql
sql_functions += sql/functions/chat.sql
sql_functions += sql/functions/chat_search.sql
sql_functions += sql/functions/feedback.sql
sql_functions += sql/functions/folder.sql
sql_functions += sql/functions/group.sql
sql_functions += sql/functions/json.sql
sql_functions += sql/functions/memory.sql
sql_functions += sql/functions/mfa.sql
sql_functions += sql/functions/model.sql
sql_functions += sql/functions/note.sql
sql_functions += sql/functions/oauth.sql
sql_functions += sql/functions/prompt.sql
sql_functions += sql/functions/realtime.sql
sql_functions += sql/functions/scim.sql
sql_functions += sql/functions/search.sql
sql_functions += sql/functions/skill.sql
sql_functions += sql/functions/thing.sql
sql_functions += sql/functions/tool.sql
sql_functions += sql/functions/usage.sql
sql_functions += sql/functions/user.sql
sql_functions += sql/functions/vector.sql
sql_functions += sql/functions/workspace.sql
sql_functions += sql/functions/workspace_app.sql
sql_functions += sql/functions/workspace_channel.sql
sql_functions += sql/functions/workspace_message.sql
EXTRA_DIST += $(sql_functions)
