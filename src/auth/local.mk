libowui_la_SOURCES += \
	src/auth/password.c src/auth/password.h src/auth/ratelimit.c src/auth/ratelimit.h \
	src/auth/revoked.c src/auth/revoked.h src/auth/session.c src/auth/session.h src/auth/token.c src/auth/token.h
libowui_la_SOURCES += src/auth/fernet.c src/auth/fernet.h
