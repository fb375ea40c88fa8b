sbin_PROGRAMS += owui-wsd
noinst_LTLIBRARIES += libwsd.la

# All of owui-wsd but main.c, so that tests can link it.
libwsd_la_SOURCES = \
	wsd/bus.c wsd/bus.h wsd/deliver.c wsd/deliver.h wsd/engineio.c wsd/engineio.h \
	wsd/ev_channel.c wsd/ev_chat.c wsd/ev_note.c wsd/ev_session.c wsd/ev_ydoc.c wsd/event.h \
	wsd/frame.c wsd/frame.h wsd/handlers.c wsd/handlers.h wsd/http.c wsd/http.h \
	wsd/identity.c wsd/identity.h wsd/packet.c wsd/packet.h wsd/polling.c wsd/polling.h \
	wsd/pool.c wsd/pool.h wsd/rooms.c wsd/rooms.h wsd/socketio.c wsd/socketio.h \
	wsd/state.c wsd/state.h
libwsd_la_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
libwsd_la_LIBADD = libowui.la $(LWS_LIBS) $(HIREDIS_LIBS)

owui_wsd_SOURCES = wsd/main.c
owui_wsd_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
owui_wsd_LDADD = libwsd.la libowui.la $(LWS_LIBS) $(HIREDIS_LIBS) $(JSONC_LIBS)
