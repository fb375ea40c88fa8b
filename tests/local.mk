# Unit tests: one libcheck program per module; add its name to unit_tests.
unit_tests =
unit_tests += tests/unit/account
unit_tests += tests/unit/arena
unit_tests += tests/unit/audit
unit_tests += tests/unit/buf
unit_tests += tests/unit/chat_tree
unit_tests += tests/unit/diff
unit_tests += tests/unit/elo
unit_tests += tests/unit/event
unit_tests += tests/unit/external
unit_tests += tests/unit/identity
unit_tests += tests/unit/jose
unit_tests += tests/unit/json
unit_tests += tests/unit/ldap
unit_tests += tests/unit/map
unit_tests += tests/unit/memory
unit_tests += tests/unit/note
unit_tests += tests/unit/password
unit_tests += tests/unit/provider
unit_tests += tests/unit/proxy
unit_tests += tests/unit/public
unit_tests += tests/unit/ratelimit
unit_tests += tests/unit/recur
unit_tests += tests/unit/router
unit_tests += tests/unit/scan
unit_tests += tests/unit/schema
unit_tests += tests/unit/scim
unit_tests += tests/unit/search
unit_tests += tests/unit/settings
unit_tests += tests/unit/skill
unit_tests += tests/unit/split
unit_tests += tests/unit/sse
unit_tests += tests/unit/str
unit_tests += tests/unit/token
unit_tests += tests/unit/totp
unit_tests += tests/unit/tool
unit_tests += tests/unit/turn
unit_tests += tests/unit/turn_prompt
unit_tests += tests/unit/wsd_packet
unit_tests += tests/unit/wsd_rooms
unit_tests += tests/unit/yaml
unit_tests += tests/unit/yjs

EXTRA_DIST += tests/unit/unit.h
unit_ldadd = libowui.la $(JSONC_LIBS) $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

AM_CPPFLAGS += $(CHECK_CFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_wsd_packet_LDADD = libwsd.la $(unit_ldadd)
tests_unit_wsd_rooms_LDADD = libwsd.la $(unit_ldadd)
tests_unit_split_LDADD = $(unit_ldadd)
tests_unit_sse_LDADD = $(unit_ldadd)
tests_unit_turn_LDADD = $(unit_ldadd)
tests_unit_provider_LDADD = $(unit_ldadd)
tests_unit_turn_prompt_LDADD = $(unit_ldadd)
tests_unit_tool_LDADD = $(unit_ldadd)
tests_unit_note_LDADD = $(unit_ldadd)
tests_unit_ldap_LDADD = $(unit_ldadd)
tests_unit_memory_LDADD = $(unit_ldadd)
tests_unit_recur_LDADD = $(unit_ldadd)
tests_unit_proxy_LDADD = $(unit_ldadd)
dist_noinst_SCRIPTS += tests/integration/schedules.py
tests_unit_yjs_LDADD = $(unit_ldadd)
tests_unit_chat_tree_LDADD = $(unit_ldadd)
tests_unit_elo_LDADD = $(unit_ldadd)
tests_unit_search_LDADD = $(unit_ldadd)
tests_unit_skill_LDADD = $(unit_ldadd)
tests_unit_diff_LDADD = $(unit_ldadd)
tests_unit_arena_LDADD = $(unit_ldadd)
tests_unit_buf_LDADD = $(unit_ldadd)
tests_unit_str_LDADD = $(unit_ldadd)
tests_unit_map_LDADD = $(unit_ldadd)
tests_unit_json_LDADD = $(unit_ldadd)
tests_unit_scan_LDADD = $(unit_ldadd)
tests_unit_token_LDADD = $(unit_ldadd)
tests_unit_totp_LDADD = $(unit_ldadd)
tests_unit_account_LDADD = $(unit_ldadd)
tests_unit_password_LDADD = $(unit_ldadd)
tests_unit_ratelimit_LDADD = $(unit_ldadd)
tests_unit_audit_LDADD = $(unit_ldadd)
tests_unit_event_LDADD = $(unit_ldadd)
tests_unit_external_LDADD = $(unit_ldadd)
tests_unit_scim_LDADD = $(unit_ldadd)
tests_unit_settings_LDADD = libfcgiweb.la $(unit_ldadd)
tests_unit_schema_LDADD = libfcgiweb.la $(unit_ldadd)
# The router is tested with a table of its own; routes.c then stays in the archive.
tests_unit_router_LDADD = libfcgiweb.la $(unit_ldadd)

# With OWUI_TEST_DATABASE_URL set (a database that tests may fill); skipped otherwise.
check_PROGRAMS += tests/sql/prepare
tests_sql_prepare_SOURCES = tests/sql/prepare.c
tests_sql_prepare_LDADD = libowui.la $(LIBPQ_LIBS)
TESTS += tests/sql/prepare tests/integration/migrate.sh build-aux/check-layers
dist_noinst_SCRIPTS += tests/integration/migrate.sh build-aux/check-layers

# The route tables against the contract; `make coverage` writes docs/coverage.md anew.
check_PROGRAMS += tests/contract/coverage
tests_contract_coverage_SOURCES = tests/contract/coverage.c
tests_contract_coverage_LDADD = libfcgiweb.la libowui.la $(JSONC_LIBS)
TESTS += tests/contract/coverage
EXTRA_DIST += docs/coverage.md

.PHONY: coverage
coverage: tests/contract/coverage
	tests/contract/coverage write >$(srcdir)/docs/coverage.md.tmp
	mv $(srcdir)/docs/coverage.md.tmp $(srcdir)/docs/coverage.md

# The executor; its integration test starts it as root and as an ordinary user, and takes minutes.
if EXECUTOR
unit_tests += tests/unit/executor
tests_unit_executor_LDADD = libexecutor.la $(CHECK_LIBS)
unit_tests += tests/unit/group
tests_unit_group_SOURCES = tests/unit/group.c executor/group.c executor/group.h
tests_unit_group_LDADD = libexecutor.la $(CHECK_LIBS)
endif
dist_noinst_SCRIPTS += tests/integration/executor.py tests/integration/engine.py tests/integration/cgroup2.py \
	tests/integration/jupyter.py tests/e2e/code.mjs
EXTRA_DIST += tests/fuzz/executor_request.c tests/fuzz/oauth_token.c tests/fuzz/session_token.c tests/fuzz/tool_spec.c \
	tests/fuzz/web_input.c tests/fuzz/run

tests_unit_jose_LDADD = $(unit_ldadd) $(OPENSSL_LIBS)
EXTRA_DIST += tests/integration/odd_bodies.py
EXTRA_DIST += tests/integration/turn_ways.py
EXTRA_DIST += tests/integration/providers.py tests/integration/clients/clients.py \
	tests/integration/clients/requirements.txt
EXTRA_DIST += tests/integration/oidc.py tests/integration/oidc/env.sh tests/integration/oidc/package.json \
	tests/integration/oidc/package-lock.json tests/integration/oidc/provider.mjs

tests_unit_yaml_LDADD = $(unit_ldadd)

tests_unit_identity_LDADD = $(unit_ldadd)
tests_unit_public_LDADD = $(unit_ldadd)
EXTRA_DIST += tests/integration/events.py tests/integration/secrets.py
EXTRA_DIST += tests/integration/jupyter_client.py
EXTRA_DIST += tests/integration/mfa.py
