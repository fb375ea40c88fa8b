libowui_la_SOURCES += src/user/account.c src/user/account.h src/user/ldap.c src/user/ldap.h src/user/gravatar.c src/user/gravatar.h
