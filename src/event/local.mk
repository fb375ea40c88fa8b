libowui_la_SOURCES += src/event/catalog.c src/event/catalog.h
libowui_la_SOURCES += src/event/deliver.c src/event/deliver.h
libowui_la_SOURCES += src/event/dispatch.c src/event/dispatch.h
libowui_la_SOURCES += src/event/event.c src/event/event.h
libowui_la_SOURCES += src/event/message.c src/event/message.h
libowui_la_SOURCES += src/event/target.c src/event/target.h
libowui_la_SOURCES += src/event/webhook.c src/event/webhook.h
