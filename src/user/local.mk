libowui_la_SOURCES += src/user/account.c src/user/account.h
