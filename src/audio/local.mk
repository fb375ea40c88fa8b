libowui_la_SOURCES += src/audio/offer.c src/audio/offer.h
