libowui_la_SOURCES += src/user/account.c src/user/account.h
libowui_la_SOURCES += src/user/gravatar.c src/user/gravatar.h
libowui_la_SOURCES += src/user/ldap.c src/user/ldap.h
libowui_la_SOURCES += src/user/mfa.c src/user/mfa.h
libowui_la_SOURCES += src/user/mfa_state.c src/user/mfa_state.h
