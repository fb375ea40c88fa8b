# Of the C library alone, so that small programs can do without the rest.
noinst_LTLIBRARIES += libowbase.la
libowui_la_LIBADD += libowbase.la
libowbase_la_SOURCES =
libowbase_la_SOURCES += src/base/arena.c src/base/arena.h
libowbase_la_SOURCES += src/base/banned.h
libowbase_la_SOURCES += src/base/base.h
libowbase_la_SOURCES += src/base/base32.c src/base/base32.h
libowbase_la_SOURCES += src/base/base64.c src/base/base64.h
libowbase_la_SOURCES += src/base/buf.c src/base/buf.h
libowbase_la_SOURCES += src/base/clock.c src/base/clock.h
libowbase_la_SOURCES += src/base/diff.c src/base/diff.h
libowbase_la_SOURCES += src/base/env.c src/base/env.h
libowbase_la_SOURCES += src/base/log.c src/base/log.h
libowbase_la_SOURCES += src/base/map.c src/base/map.h
libowbase_la_SOURCES += src/base/rand.c src/base/rand.h
libowbase_la_SOURCES += src/base/str.c src/base/str.h
libowbase_la_SOURCES += src/base/utf8.c src/base/utf8.h
