libowui_la_SOURCES += src/config/app.c src/config/app.h
libowui_la_SOURCES += src/config/config.c src/config/config.h
libowui_la_SOURCES += src/config/defaults.h
libowui_la_SOURCES += src/config/keys.c src/config/keys.h
libowui_la_SOURCES += src/config/seed.c src/config/seed.h
dist_noinst_SCRIPTS += build-aux/gen-config-keys
