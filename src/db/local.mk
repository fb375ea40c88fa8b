libowui_la_SOURCES += src/db/db.c src/db/db.h
libowui_la_SOURCES += src/db/queries.h
nodist_libowui_la_SOURCES += src/db/queries.gen.c src/db/queries.gen.h
BUILT_SOURCES += src/db/queries.gen.h
CLEANFILES += src/db/queries.gen.c src/db/queries.gen.h
dist_noinst_SCRIPTS += build-aux/sql2c

src/db/queries.gen.h: build-aux/sql2c $(sql_queries)
	$(AM_V_GEN)mkdir -p $(@D) && (cd $(srcdir) && build-aux/sql2c h $(sql_queries)) >$@.tmp && mv $@.tmp $@
src/db/queries.gen.c: build-aux/sql2c $(sql_queries)
	$(AM_V_GEN)mkdir -p $(@D) && (cd $(srcdir) && build-aux/sql2c c $(sql_queries)) >$@.tmp && mv $@.tmp $@
