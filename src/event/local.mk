libowui_la_SOURCES += src/event/catalog.c src/event/catalog.h src/event/deliver.c src/event/deliver.h \
	src/event/dispatch.c src/event/dispatch.h src/event/event.c src/event/event.h src/event/message.c src/event/message.h \
	src/event/target.c src/event/target.h src/event/webhook.c src/event/webhook.h
