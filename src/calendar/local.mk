libowui_la_SOURCES += src/calendar/calendar.c src/calendar/calendar.h src/calendar/recur.c src/calendar/recur.h \
	src/calendar/rule.c src/calendar/rule.h src/calendar/zone.c src/calendar/zone.h
