libowui_la_SOURCES += src/calendar/calendar.c src/calendar/calendar.h
libowui_la_SOURCES += src/calendar/recur.c src/calendar/recur.h
libowui_la_SOURCES += src/calendar/rule.c src/calendar/rule.h
libowui_la_SOURCES += src/calendar/zone.c src/calendar/zone.h
