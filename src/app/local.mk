libowui_la_SOURCES += src/app/app.c src/app/app.h
