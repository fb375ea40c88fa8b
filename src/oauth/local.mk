libowui_la_SOURCES += \
	src/oauth/account.c src/oauth/account.h src/oauth/discovery.c src/oauth/discovery.h \
	src/oauth/identity.c src/oauth/identity.h src/oauth/idtoken.c src/oauth/idtoken.h \
	src/oauth/jose.c src/oauth/jose.h src/oauth/logout.c src/oauth/logout.h \
	src/oauth/picture.c src/oauth/picture.h src/oauth/provider.c src/oauth/provider.h \
	src/oauth/refresh.h src/oauth/session.c src/oauth/session.h src/oauth/signin.c src/oauth/signin.h \
	src/oauth/state.c src/oauth/state.h src/oauth/token.c src/oauth/token.h \
	src/oauth/registration.c src/oauth/resource.c src/oauth/resource.h src/oauth/toolclient.c src/oauth/toolclient.h
