/* routes - the list of route tables; a new table gets a line here. */

#include "fcgi/router.h"

#define TABLES(X)               \
	X(app_routes)           \
	X(auth_routes)          \
	X(auth_other_routes)    \
	X(auth_signin_routes)   \
	X(auth_ldap_routes)     \
	X(oauth_routes)         \
	X(oauth_client_routes)  \
	X(config_routes)        \
	X(analytics_routes)     \
	X(event_routes)         \
	X(notification_routes)  \
	X(config_server_routes) \
	X(group_routes)         \
	X(settings_admin_routes) \
	X(settings_media_routes) \
	X(settings_permissions_routes) \
	X(settings_retrieval_routes) \
	X(settings_services_routes) \
	X(scim_routes)          \
	X(util_routes)          \
	X(user_routes)          \
	X(user_self_routes)     \
	X(chat_routes)          \
	X(chat_copy_routes)     \
	X(chat_import_routes)   \
	X(chat_list_routes)     \
	X(chat_message_routes)  \
	X(chat_search_routes)   \
	X(chat_share_routes)    \
	X(chat_stats_routes)    \
	X(chat_tag_routes)      \
	X(chat_event_routes)    \
	X(folder_routes)        \
	X(folder_share_routes)  \
	X(model_list_routes)    \
	X(model_routes)         \
	X(model_version_routes) \
	X(prompt_routes)        \
	X(evaluation_routes)    \
	X(skill_routes)         \
	X(skill_file_routes)    \
	X(skill_import_routes)  \
	X(channel_routes)       \
	X(library_routes)       \
	X(note_routes)          \
	X(memory_routes)        \
	X(automation_routes)    \
	X(search_routes)        \
	X(terminal_routes)      \
	X(calendar_routes)      \
	X(completion_routes)    \
	X(task_routes)          \
	X(task_completion_routes) \
	X(openai_routes)        \
	X(openai_manage_routes) \
	X(pipeline_routes)      \
	X(chat_hook_routes)     \
	X(embedding_routes)     \
	X(message_routes)       \
	X(chat_compact_routes)  \
	X(ollama_routes)        \
	X(ollama_infer_routes)  \
	X(ollama_manage_routes) \
	X(ollama_upload_routes) \
	X(code_routes)          \
	X(tool_routes)          \
	X(chat_resolve_routes)  \
	/* one line for each */

#define DECLARE(table) extern const struct route table[];
TABLES(DECLARE)

#define LIST(table) table,
const struct route *const route_tables[] = { TABLES(LIST) NULL };
