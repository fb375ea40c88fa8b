libowui_la_SOURCES += src/channel/channel.c src/channel/channel.h
