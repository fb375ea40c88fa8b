libowui_la_SOURCES += src/auth/token.c src/auth/token.h src/auth/session.c src/auth/session.h
