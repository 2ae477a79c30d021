# taskcrm: a PostgreSQL extension, built with PGXS.
#
#   make && make install        PG_CONFIG=... chooses the server
#   make installcheck           against a running server (regress, isolation) and
#                               servers of its own (TAP); ./check does all of it

EXTENSION = taskcrm
# The version stands in the control file and nowhere else.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(dir $(lastword $(MAKEFILE_LIST)))taskcrm.control)

MODULE_big = taskcrm
OBJS = \
	src/taskcrm.o \
	src/settings.o \
	src/base/secret.o \
	src/base/time_zone.o \
	src/base/uuid.o \
	src/count/counter.o \
	src/db/changed.o \
	src/db/delete_cascaded.o \
	src/db/delete_referenced.o \
	src/db/drop_guard.o \
	src/db/frame.o \
	src/db/owner.o \
	src/db/plan.o \
	src/db/planning.o \
	src/db/policy.o \
	src/db/row.o \
	src/db/statistics.o \
	src/db/suppress.o \
	src/identity/admin_trigger.o \
	src/identity/claims.o \
	src/identity/colleague.o \
	src/identity/identity.o \
	src/identity/jwt.o \
	src/identity/jwt_key.o \
	src/identity/login.o \
	src/identity/lookup.o \
	src/identity/own_row.o \
	src/identity/setting.o \
	src/identity/signature.o \
	src/identity/token.o \
	src/search/character.o \
	src/search/code_point.o \
	src/search/contains.o \
	src/search/estimate.o \
	src/search/fold.o \
	src/search/folded.o \
	src/search/sample.o \
	src/search/trigram.o \
	src/search/uuid_gin.o \
	src/task/attachment.o \
	src/task/comment.o \
	src/task/comment_mention.o \
	src/task/comment_trigger.o \
	src/task/cursor.o \
	src/task/data.o \
	src/task/field.o \
	src/task/field_type.o \
	src/task/filter.o \
	src/task/filter_link.o \
	src/task/filter_where.o \
	src/task/json.o \
	src/task/label.o \
	src/task/link.o \
	src/task/link_trigger.o \
	src/task/list_count.o \
	src/task/mention.o \
	src/task/mention_scan.o \
	src/task/mention_text.o \
	src/task/order.o \
	src/task/page.o \
	src/task/people.o \
	src/task/reference.o \
	src/task/schema.o \
	src/task/server_value.o \
	src/task/shape.o \
	src/task/task_text.o \
	src/task/timeline.o \
	src/task/totals.o \
	src/task/trigger.o \
	src/task/version.o \
	src/task/write.o \
	src/wire/base64url.o \
	src/wire/datetime.o \
	src/wire/file_name.o \
	src/wire/header_value.o \
	src/wire/json_build.o \
	src/wire/json_in.o \
	src/wire/json_member.o \
	src/wire/json_out.o \
	src/wire/media_type.o \
	src/wire/multipart.o \
	src/wire/uri.o \
	src/wire/uri_in.o \
	src/http/attachment.o \
	src/http/bearer.o \
	src/http/body.o \
	src/http/comment.o \
	src/http/cors.o \
	src/http/disposition.o \
	src/http/etag.o \
	src/http/openapi.o \
	src/http/problem.o \
	src/http/range.o \
	src/http/request.o \
	src/http/response.o \
	src/http/routes.o \
	src/http/serve.o \
	src/http/task.o \
	src/api/argument.o \
	src/api/attachment.o \
	src/api/call.o \
	src/api/comment.o \
	src/api/counts.o \
	src/api/directory.o \
	src/api/doctor.o \
	src/api/http.o \
	src/api/idempotency.o \
	src/api/list.o \
	src/api/pre_request.o \
	src/api/provision.o \
	src/api/roles.o \
	src/api/sent_back.o \
	src/api/task.o \
	src/api/token.o \
	src/api/totals.o \
	src/api/whoami.o

PG_CPPFLAGS = -I$(srcdir)/src -DTASKCRM_VERSION='"$(EXTVERSION)"'
# Signatures of tokens.
SHLIB_LINK = -lcrypto
# What the library shows to the rest of the process: exactly what the server looks up.
# Functions of ours that only we call can then share their names with other libraries.
SHLIB_EXPORTS = src/exports.txt
# Without bitcode.  JIT compilation copies the bodies of functions out of it into code
# that finds what they call by name, and so not what is hidden; calls it compiles without
# bitcode work.
override with_llvm = no

# The install script is these pieces in this order; a piece uses only earlier ones.
SQL_PIECES = \
	sql/header.sql \
	sql/schema.sql \
	sql/enum.sql \
	sql/enum_operators.sql.in:task_status \
	sql/enum_operators.sql.in:task_priority \
	sql/identity.sql \
	sql/token.sql \
	sql/search.sql \
	sql/trigger.sql \
	sql/task.sql \
	sql/comment.sql \
	sql/attachment.sql \
	sql/directory.sql \
	sql/http.sql \
	sql/provision.sql \
	sql/count.sql \
	sql/install_tables.sql \
	sql/install_checks.sql \
	sql/install_indexes.sql \
	sql/install_policies.sql \
	sql/install_statistics.sql \
	sql/install_triggers.sql \
	sql/install_functions.sql \
	sql/install.sql \
	sql/access.sql \
	sql/rights.sql \
	sql/doctor_tables.sql \
	sql/doctor_roles.sql \
	sql/doctor.sql \
	sql/footer.sql
SQL_FILES = $(sort $(foreach piece,$(SQL_PIECES),$(firstword $(subst :, ,$(piece)))))
INSTALL_SCRIPT_SQL = sql/$(EXTENSION)--$(EXTVERSION).sql

# Upgrade scripts only, so that the two lists cannot overlap.
DATA = $(wildcard sql/$(EXTENSION)--*--*.sql)
DATA_built = $(INSTALL_SCRIPT_SQL)
EXTRA_CLEAN = sql/$(EXTENSION)--$(EXTVERSION).sql $(SHLIB_EXPORTS)

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=.
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/*/*.h)

# One name a line, as Makefile.shlib wants it.
$(SHLIB_EXPORTS): $(OBJS:.o=.c) Makefile
	@{ echo Pg_magic_func; echo _PG_init; \
		sed -n 's/^PG_FUNCTION_INFO_V1(\(.*\));$$/\1 pg_finfo_\1/p' $(filter %.c,$^) | tr ' ' '\n'; \
	} > $@.tmp && mv $@.tmp $@

$(INSTALL_SCRIPT_SQL): $(SQL_FILES) taskcrm.control Makefile
	@for piece in $(SQL_PIECES); do \
		file=$${piece%%:*}; enum=$${piece#*:}; \
		if [ "$$file" = "$$piece" ]; then cat $(srcdir)/$$file; \
		else sed "s/@enum@/$$enum/g" $(srcdir)/$$file; fi || exit 1; \
		echo; \
	done > $@.tmp && mv $@.tmp $@

# A piece that is not in the list would silently not be installed; a test named as a
# file in sql/ would silently be replaced by it.
.PHONY: check-layout
check-layout:
	@for file in sql/*.sql sql/*.sql.in; do \
		case " $(SQL_FILES) $(DATA) $(INSTALL_SCRIPT_SQL) " in *" $$file "*) ;; \
		*) echo "$$file is not in SQL_PIECES" >&2; exit 1;; esac; \
	done
	@for test in $(REGRESS); do \
		if [ -e sql/$$test.sql ]; then echo "test/sql/$$test.sql has the name of a file in sql/" >&2; exit 1; fi; \
	done
	@for file in src/*.c src/*/*.c; do \
		case " $(OBJS) " in *" $${file%.c}.o "*) ;; \
		*) echo "$$file is not in OBJS" >&2; exit 1;; esac; \
	done

all installcheck: check-layout
