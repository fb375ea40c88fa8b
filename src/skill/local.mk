libowui_la_SOURCES += src/skill/package.c src/skill/package.h src/skill/frontmatter.c src/skill/fetch.c src/skill/fetch.h src/skill/import.c src/skill/zip.c
AM_CPPFLAGS += $(LIBZIP_CFLAGS)
libowui_la_LIBADD += $(LIBZIP_LIBS)
