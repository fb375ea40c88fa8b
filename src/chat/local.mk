libowui_la_SOURCES += src/chat/tree.c src/chat/tree.h src/chat/doc.c src/chat/view.c src/chat/view.h \
	src/chat/merge.c src/chat/merge.h src/chat/edit.c src/chat/edit.h \
	src/chat/active.c src/chat/active.h src/chat/stats.c src/chat/stats.h \
	src/chat/message.c src/chat/message.h src/chat/running.c src/chat/running.h
