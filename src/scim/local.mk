libowui_la_SOURCES += src/scim/change.c src/scim/change.h
libowui_la_SOURCES += src/scim/filter.c src/scim/filter.h
