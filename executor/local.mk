# The executor needs neither PostgreSQL nor Redis: it links the base and json layers alone.
if EXECUTOR
noinst_LTLIBRARIES += libexecutor.la
pkglibexec_PROGRAMS += owui-sandbox owui-engine owui-inside
sbin_PROGRAMS += owui-executor
endif

# The launcher: no HTTP, no JSON.
owui_sandbox_SOURCES = \
	executor/sandbox.c executor/jail.c executor/jail.h executor/reaper.c executor/filter.c \
	executor/filter.h executor/group.c executor/group.h executor/guard.c executor/launcher.c executor/launcher.h \
	executor/rights.c executor/rights.h executor/stock.c executor/stock.h executor/wire.h
owui_sandbox_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
owui_sandbox_LDADD = libowbase.la $(SECCOMP_LIBS)

# The launcher of containers, and the first process in one: static, to run in any image.
owui_engine_SOURCES = \
	executor/engine.c executor/engine_api.c executor/engine_api.h executor/container.c executor/container.h \
	executor/filter.c executor/filter.h executor/guard.c executor/launcher.c executor/launcher.h \
	executor/rights.c executor/rights.h executor/wire.h src/json/fault.c src/json/json.c src/json/scan.c
owui_engine_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
owui_engine_LDADD = libowbase.la $(SECCOMP_LIBS) $(JSONC_LIBS)

owui_inside_SOURCES = \
	executor/inside.c executor/reaper.c executor/rights.c executor/rights.h executor/group.h executor/jail.h \
	executor/wire.h src/base/arena.c src/base/buf.c \
	src/base/clock.c src/base/log.c src/base/str.c src/base/utf8.c
owui_inside_CFLAGS = $(OW_PLAIN_CFLAGS)
owui_inside_LDFLAGS = -pthread -all-static

# All of the daemon but main.c, so that tests and the fuzzer can link it.
libexecutor_la_SOURCES =
libexecutor_la_SOURCES += executor/answer.c executor/answer.h
libexecutor_la_SOURCES += executor/api.c executor/api.h
libexecutor_la_SOURCES += executor/audit.c executor/audit.h
libexecutor_la_SOURCES += executor/blob.c executor/blob.h
libexecutor_la_SOURCES += executor/head.c
libexecutor_la_SOURCES += executor/http.c executor/http.h
libexecutor_la_SOURCES += executor/jupyter.c executor/jupyter.h
libexecutor_la_SOURCES += executor/languages.c executor/languages.h
libexecutor_la_SOURCES += executor/launcher.c executor/launcher.h
libexecutor_la_SOURCES += executor/link.c executor/link.h
libexecutor_la_SOURCES += executor/loop.c executor/loop.h
libexecutor_la_SOURCES += executor/output.c executor/output.h
libexecutor_la_SOURCES += executor/pool.c executor/pool.h
libexecutor_la_SOURCES += executor/queue.c executor/queue.h
libexecutor_la_SOURCES += executor/rate.c executor/rate.h
libexecutor_la_SOURCES += executor/request.c executor/request.h
libexecutor_la_SOURCES += executor/rights.c executor/rights.h
libexecutor_la_SOURCES += executor/run.c executor/run.h
libexecutor_la_SOURCES += executor/settings.c executor/settings.h
libexecutor_la_SOURCES += executor/ws.c executor/ws.h
libexecutor_la_SOURCES += src/json/fault.c
libexecutor_la_SOURCES += src/json/json.c
libexecutor_la_SOURCES += src/json/scan.c
nodist_libexecutor_la_SOURCES = executor/cell.gen.h
EXTRA_DIST += executor/cell.py
dist_noinst_SCRIPTS += build-aux/text2c
BUILT_SOURCES += executor/cell.gen.h
CLEANFILES += executor/cell.gen.h

executor/cell.gen.h: build-aux/text2c executor/cell.py
	$(AM_V_GEN)mkdir -p $(@D) && $(srcdir)/build-aux/text2c cell_text $(srcdir)/executor/cell.py >$@.tmp && mv $@.tmp $@

libexecutor_la_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBEXECDIR='"$(pkglibexecdir)"'
libexecutor_la_LIBADD = libowbase.la $(JSONC_LIBS) $(OPENSSL_LIBS)

owui_executor_SOURCES = executor/main.c
owui_executor_LDADD = libexecutor.la
