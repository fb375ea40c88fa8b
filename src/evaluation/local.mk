libowui_la_SOURCES += src/evaluation/elo.c src/evaluation/elo.h
