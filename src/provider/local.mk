libowui_la_SOURCES += src/provider/ollama.c src/provider/ollama.h
