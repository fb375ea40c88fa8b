libowui_la_SOURCES += src/skill/fetch.c src/skill/fetch.h
libowui_la_SOURCES += src/skill/frontmatter.c
libowui_la_SOURCES += src/skill/import.c
libowui_la_SOURCES += src/skill/package.c src/skill/package.h
libowui_la_SOURCES += src/skill/store.c src/skill/store.h
libowui_la_SOURCES += src/skill/zip.c
AM_CPPFLAGS += $(LIBZIP_CFLAGS)
libowui_la_LIBADD += $(LIBZIP_LIBS)
