libowui_la_SOURCES += src/config/app.c src/config/app.h src/config/config.c src/config/config.h src/config/keys.c src/config/keys.h \
	src/config/seed.c src/config/seed.h
dist_noinst_SCRIPTS += build-aux/gen-config-keys
