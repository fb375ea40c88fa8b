libowui_la_SOURCES += src/provider/connection.c src/provider/connection.h \
	src/provider/headers.c src/provider/headers.h src/provider/listing.c src/provider/listing.h \
	src/provider/responses.c src/provider/responses.h \
	src/provider/ollama_chat.c src/provider/ollama_chat.h src/provider/chunks.c src/provider/chunks.h \
	src/provider/upstream.c src/provider/upstream.h src/provider/ollama.c src/provider/ollama.h \
	src/provider/anthropic.c src/provider/anthropic.h src/provider/anthropic_stream.c \
	src/provider/counting.c src/provider/counting.h \
	src/provider/pipelines.c src/provider/pipelines.h
