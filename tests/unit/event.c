#include "event/catalog.h"
#include "event/deliver.h"
#include "event/dispatch.h"
#include "event/event.h"
#include "event/message.h"
#include "event/target.h"
#include "event/webhook.h"
#include "unit.h"

static struct json_object *json(struct arena *a, const char *text)
{
	struct json_object *o = json_parse_text(a, text);

	ck_assert_ptr_nonnull(o);
	return o;
}

START_TEST(patterns)
{
	ck_assert(event_pattern_known("*"));
	ck_assert(event_pattern_known("group.*"));
	ck_assert(event_pattern_known("config.webhook.updated"));
	ck_assert(!event_pattern_known("nothing.*"));
	ck_assert(!event_pattern_known(".*"));
	ck_assert(!event_pattern_known(""));
	ck_assert(event_pattern_matches("group.*", "group.member_added"));
	ck_assert(!event_pattern_matches("group.*", "groups.made"));
	ck_assert(!event_pattern_matches("user.created", "user.created.twice"));
}
END_TEST

START_TEST(secrets_stay)
{
	struct arena *a = arena_new();
	struct user who = { .id = "u", .name = "N", .email = "e", .role = "admin" };
	struct event e = { .name = "user.updated", .actor = &who, .subject_id = "x" };
	struct json_object *o;
	char *longtext = arena_alloc(a, 3001);

	for (int i = 0; i < 1500; i++)
		memcpy(longtext + 2 * i, "\303\251", 2);
	e.data = json(a, "{\"password\":\"p\",\"a\":[{\"API-Key\":\"k\",\"Refresh_Token\":\"t\",\"keys\":1}]}");
	json_set_text(e.data, "text", longtext);
	o = event_build(a, &e);
	ck_assert_str_eq(json_print(json_at(o, "data.a")), "[{\"keys\":1}]");
	ck_assert(!json_has(json_get(o, "data"), "password"));
	ck_assert_uint_eq(strlen(json_text(json_get(o, "data"), "text", "")), 2003);
	ck_assert_str_eq(json_text(json_get(o, "subject"), "type", ""), "user");
	ck_assert_str_eq(json_text(json_get(o, "actor"), "role", ""), "admin");
	ck_assert_str_eq(json_text(o, "operation", ""), "updated");
	arena_free(a);
}
END_TEST

START_TEST(webhooks)
{
	struct arena *a = arena_new();
	struct json_object *hook;
	const char *why;

	hook = webhook_normal(a, json(a, "{\"url\":\" u \",\"events\":[\" user.* \",\"\"],\"targets\":[{\"type\":"
					 "\"user\",\"id\":\"1\"},{\"type\":\"user\",\"id\":\"1\"}]}"), &why);
	ck_assert_ptr_nonnull(hook);
	ck_assert_str_eq(json_text(hook, "url", ""), "u");
	ck_assert_uint_eq(json_len(json_get(hook, "targets")), 1);
	ck_assert(webhook_wants(hook, "user.created"));
	ck_assert(!webhook_wants(hook, "group.created"));
	json_set_bool(hook, "enabled", false);
	ck_assert(!webhook_wants(hook, "user.created"));
	ck_assert_ptr_null(webhook_normal(a, json(a, "{\"events\":[\"no.such\"]}"), &why));
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_null(webhook_normal(a, json(a, "{\"targets\":[{\"type\":\"x\",\"id\":\"1\"}]}"), &why));
	arena_free(a);
}
END_TEST

START_TEST(meant)
{
	struct arena *a = arena_new();
	struct json_object *users = json(a, "[\"u\"]"), *groups = json(a, "[\"g\"]");
	struct json_object *none = json(a, "[]");

	ck_assert(event_meant(NULL, users, groups));
	ck_assert(event_meant(none, none, none));
	ck_assert(!event_meant(none, users, groups));
	ck_assert(event_meant(json(a, "[{\"type\":\"group\",\"id\":\"g\"}]"), users, groups));
	ck_assert(!event_meant(json(a, "[{\"type\":\"group\",\"id\":\"u\"}]"), users, groups));
	ck_assert(event_meant(json(a, "[{\"type\":\"user\",\"id\":\"u\"}]"), users, groups));
	ck_assert_str_eq(json_print(event_users(a, json(a,
		"{\"actor\":{\"id\":\"a\"},\"subject\":{\"type\":\"user\",\"id\":\"b\"},"
		"\"data\":{\"user_id\":\"a\",\"user_ids\":[\"c\",\"b\"]}}"))), "[\"a\",\"b\",\"c\"]");
	arena_free(a);
}
END_TEST

START_TEST(forms)
{
	struct arena *a = arena_new();
	struct json_object *event = json(a, "{\"event\":\"user.created\",\"subject\":{\"id\":\"7\"},"
					    "\"actor\":{\"name\":\"N\"}}");
	struct message m = message_of_event(a, event);

	ck_assert_str_eq(m.text, "User created (7)");
	ck_assert_str_eq(message_body(a, "https://example.com/x", &m), json_print(event));
	ck_assert_str_eq(message_body(a, "https://hooks.slack.com/services/x", &m),
			 "{\"text\":\"User created (7)\\nA user account was created.\\nEvent: user.created\"}");
	ck_assert_ptr_nonnull(strstr(message_body(a, "https://discord.com/api/webhooks/1", &m), "\"content\""));
	ck_assert_ptr_nonnull(strstr(message_body(a, "https://x.webhook.office.com/1", &m), "MessageCard"));
	m = message_of_notification(a, json(a, "{\"event\":\"chat.finished\",\"data\":{\"title\":\"T\","
					       "\"message\":\"M\",\"url\":\"U\"}}"));
	ck_assert_str_eq(m.text, "**T**");
	ck_assert_str_eq(m.description, "M\nU");
	arena_free(a);
}
END_TEST

START_TEST(targets)
{
	struct arena *a = arena_new();
	struct json_object *n = targets_load(a, NULL), *t;
	const char *why;

	setenv("ENABLE_LOCAL_WEB_FETCH", "true", 1);
	t = target_create(a, n, json(a, "{\"config\":{\"url\":\"http://10.0.0.1:81/hooks/abcdef\"},"
					"\"events\":[\"chat.failed\"]}"), &why);
	ck_assert_ptr_nonnull(t);
	ck_assert_str_eq(json_text(t, "id", ""), "10-0-0-1");
	t = target_shown(a, n, t);
	ck_assert_str_eq(json_text(json_get(t, "config"), "url_masked", ""), "http://10.0.0.1/...cdef");
	ck_assert(json_flag(t, "is_default", false));
	ck_assert(!json_has(json_get(t, "config"), "url"));
	t = target_update(a, n, "10-0-0-1", json(a, "{\"id\":\"\",\"config\":{\"url\":\"http://10.0.0.1/...cdef\"},"
						    "\"enabled\":false}"), &why);
	ck_assert_ptr_nonnull(t);
	ck_assert_str_eq(json_text(json_get(t, "config"), "url", ""), "http://10.0.0.1:81/hooks/abcdef");
	ck_assert(!target_wants(t, "chat.failed", false));
	ck_assert_ptr_null(target_create(a, n, json(a, "{\"config\":{\"url\":\"http://169.254.169.254/\"}}"),
					 &why));
	ck_assert_ptr_null(target_create(a, n, json(a, "{\"config\":{\"url\":\"file:///etc/passwd\"}}"), &why));
	ck_assert(target_delete(a, n, "10-0-0-1"));
	ck_assert(!target_delete(a, n, "10-0-0-1"));
	unsetenv("ENABLE_LOCAL_WEB_FETCH");
	ck_assert_ptr_null(target_create(a, n, json(a, "{\"config\":{\"url\":\"http://10.0.0.1/\"}}"), &why));
	ck_assert_ptr_null(target_create(a, n, json(a, "{\"config\":{\"url\":\"http://[::ffff:127.0.0.1]/\"}}"),
					 &why));
	arena_free(a);
}
END_TEST

START_TEST(older_setting)
{
	struct arena *a = arena_new();
	struct json_object *n;

	setenv("ENABLE_LOCAL_WEB_FETCH", "true", 1);
	n = targets_load(a, "{\"ui\":{\"notifications\":{\"webhook_url\":\"http://10.0.0.1/x\"}}}");
	ck_assert_uint_eq(json_len(json_get(n, "targets")), 1);
	ck_assert(target_wants(target_find(n, ""), "channel.message", false));
	ck_assert(!target_wants(target_find(n, ""), "channel.message", true));
	unsetenv("ENABLE_LOCAL_WEB_FETCH");
	arena_free(a);
}
END_TEST

START_TEST(pauses)
{
	ck_assert_int_eq(deliver_pause(1), DELIVER_FIRST_MS);
	ck_assert_int_eq(deliver_pause(3), 4 * DELIVER_FIRST_MS);
	ck_assert_int_eq(deliver_pause(DELIVER_TRIES), 0);
	ck_assert_int_eq(deliver_pause(0), 0);
}
END_TEST

UNIT_MAIN("event", patterns, secrets_stay, webhooks, meant, forms, targets, older_setting, pauses)
