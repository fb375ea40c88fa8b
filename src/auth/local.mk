libowui_la_SOURCES += src/auth/fernet.c src/auth/fernet.h
libowui_la_SOURCES += src/auth/password.c src/auth/password.h
libowui_la_SOURCES += src/auth/ratelimit.c src/auth/ratelimit.h
libowui_la_SOURCES += src/auth/revoked.c src/auth/revoked.h
libowui_la_SOURCES += src/auth/session.c src/auth/session.h
libowui_la_SOURCES += src/auth/token.c src/auth/token.h
