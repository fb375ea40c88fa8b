libowui_la_SOURCES += src/user/account.c src/user/account.h
libowui_la_SOURCES += src/user/gravatar.c src/user/gravatar.h
libowui_la_SOURCES += src/user/ldap.c src/user/ldap.h
