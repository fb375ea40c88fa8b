sbin_PROGRAMS += owui-wsd
noinst_LTLIBRARIES += libwsd.la

# All of owui-wsd but main.c, so that tests can link it.
libwsd_la_SOURCES =
libwsd_la_SOURCES += wsd/bus.c wsd/bus.h
libwsd_la_SOURCES += wsd/deliver.c wsd/deliver.h
libwsd_la_SOURCES += wsd/engineio.c wsd/engineio.h
libwsd_la_SOURCES += wsd/ev_channel.c
libwsd_la_SOURCES += wsd/ev_chat.c
libwsd_la_SOURCES += wsd/ev_note.c
libwsd_la_SOURCES += wsd/ev_session.c
libwsd_la_SOURCES += wsd/ev_ydoc.c
libwsd_la_SOURCES += wsd/event.h
libwsd_la_SOURCES += wsd/frame.c wsd/frame.h
libwsd_la_SOURCES += wsd/handlers.c wsd/handlers.h
libwsd_la_SOURCES += wsd/http.c wsd/http.h
libwsd_la_SOURCES += wsd/identity.c wsd/identity.h
libwsd_la_SOURCES += wsd/packet.c wsd/packet.h
libwsd_la_SOURCES += wsd/polling.c wsd/polling.h
libwsd_la_SOURCES += wsd/pool.c wsd/pool.h
libwsd_la_SOURCES += wsd/rooms.c wsd/rooms.h
libwsd_la_SOURCES += wsd/socketio.c wsd/socketio.h
libwsd_la_SOURCES += wsd/state.c wsd/state.h
libwsd_la_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
libwsd_la_LIBADD = libowui.la $(LWS_LIBS) $(HIREDIS_LIBS)

owui_wsd_SOURCES = wsd/main.c
owui_wsd_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
owui_wsd_LDADD = libwsd.la libowui.la $(LWS_LIBS) $(HIREDIS_LIBS) $(JSONC_LIBS)
