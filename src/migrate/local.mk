libowui_la_SOURCES += src/migrate/migrate.c src/migrate/migrate.h
nodist_libowui_la_SOURCES += src/migrate/migrations.gen.c src/migrate/functions.gen.c
CLEANFILES += src/migrate/migrations.gen.c src/migrate/functions.gen.c
dist_noinst_SCRIPTS += build-aux/sqlfiles2c

src/migrate/migrations.gen.c: build-aux/sqlfiles2c $(sql_migrations)
	$(AM_V_GEN)mkdir -p $(@D) && (cd $(srcdir) && build-aux/sqlfiles2c sql_migrations $(sql_migrations)) >$@.tmp && mv $@.tmp $@
src/migrate/functions.gen.c: build-aux/sqlfiles2c $(sql_functions)
	$(AM_V_GEN)mkdir -p $(@D) && (cd $(srcdir) && build-aux/sqlfiles2c sql_functions $(sql_functions)) >$@.tmp && mv $@.tmp $@
