# Of the C library alone, so that small programs can do without the rest.
noinst_LTLIBRARIES += libowbase.la
libowui_la_LIBADD += libowbase.la
libowbase_la_SOURCES = \
	src/base/arena.c src/base/arena.h src/base/banned.h src/base/base.h src/base/base64.c src/base/base64.h \
	src/base/buf.c src/base/buf.h src/base/clock.c src/base/clock.h src/base/env.c src/base/env.h \
	src/base/log.c src/base/log.h src/base/map.c src/base/map.h src/base/rand.c src/base/rand.h \
	src/base/str.c src/base/str.h src/base/utf8.c src/base/utf8.h
libowbase_la_SOURCES += src/base/diff.c src/base/diff.h
