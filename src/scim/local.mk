libowui_la_SOURCES += src/scim/filter.c src/scim/filter.h src/scim/change.c src/scim/change.h
