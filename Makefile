# taskcrm: a PostgreSQL extension, built with PGXS.
#
#   make && make install        PG_CONFIG=... chooses the server
#   make installcheck           against a running server (regress, isolation) and
#                               servers of its own (TAP); ./check does all of it

EXTENSION = taskcrm
# The version is in the control file and nowhere else.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(dir $(lastword $(MAKEFILE_LIST)))taskcrm.control)

MODULE_big = taskcrm
OBJS = \
	src/taskcrm.o \
	src/base/call_stats.o \
	src/base/character.o \
	src/base/code_point.o \
	src/base/decision_log.o \
	src/base/id_set.o \
	src/base/log_redact.o \
	src/base/progress.o \
	src/base/settings.o \
	src/base/time_zone.o \
	src/base/uuid.o \
	src/wire/base64url.o \
	src/wire/datetime.o \
	src/wire/duration.o \
	src/wire/email.o \
	src/wire/file_name.o \
	src/wire/http_header.o \
	src/wire/json_build.o \
	src/wire/json_read.o \
	src/wire/json_scan.o \
	src/wire/json_write.o \
	src/wire/media_type.o \
	src/wire/multipart.o \
	src/wire/uri.o \
	src/wire/uri_read.o \
	src/db/attempt.o \
	src/db/changed_column.o \
	src/db/cluster.o \
	src/db/delete_cascaded.o \
	src/db/delete_referenced.o \
	src/db/drop_guard.o \
	src/db/finding_store.o \
	src/db/frame.o \
	src/db/installed_version.o \
	src/db/owner.o \
	src/db/plan.o \
	src/db/planner_hook.o \
	src/db/policy_check.o \
	src/db/relation_watch.o \
	src/db/row.o \
	src/db/statistics_hook.o \
	src/db/suppressed_row.o \
	src/db/transition_rows.o \
	src/db/trigger_row.o \
	src/db/value_message.o \
	src/search/enum_filter.o \
	src/search/search_casefold.o \
	src/search/search_contains.o \
	src/search/search_folded.o \
	src/search/search_rank.o \
	src/search/search_sample.o \
	src/search/search_selectivity.o \
	src/search/search_trigram.o \
	src/search/search_trigram_set.o \
	src/search/search_unaccent.o \
	src/search/search_uuid.o \
	src/identity/admin_trigger.o \
	src/identity/bound_token.o \
	src/identity/claims.o \
	src/identity/external_id.o \
	src/identity/identity.o \
	src/identity/identity_cache.o \
	src/identity/invitation.o \
	src/identity/jwt.o \
	src/identity/jwt_key.o \
	src/identity/jwt_key_store.o \
	src/identity/member_cache.o \
	src/identity/request_settings.o \
	src/identity/role_store.o \
	src/identity/row_organization.o \
	src/identity/signature.o \
	src/identity/stored_answer.o \
	src/identity/tenant_guard.o \
	src/identity/token_login.o \
	src/identity/user_erase.o \
	src/identity/user_organization.o \
	src/identity/user_store.o \
	src/identity/user_sync.o \
	src/identity/whoami.o \
	src/task/attachment.o \
	src/task/attachment_file.o \
	src/task/client_row.o \
	src/task/comment.o \
	src/task/comment_mention.o \
	src/task/comment_trigger.o \
	src/task/directory.o \
	src/task/directory_delete.o \
	src/task/directory_filter.o \
	src/task/directory_kind.o \
	src/task/directory_list.o \
	src/task/event_row.o \
	src/task/event_type.o \
	src/task/export.o \
	src/task/group_board.o \
	src/task/group_count.o \
	src/task/group_kind.o \
	src/task/group_value.o \
	src/task/list_after.o \
	src/task/list_count.o \
	src/task/list_cursor.o \
	src/task/list_date.o \
	src/task/list_filter.o \
	src/task/list_filter_spec.o \
	src/task/list_link.o \
	src/task/list_order.o \
	src/task/list_many.o \
	src/task/list_own.o \
	src/task/list_page.o \
	src/task/list_paging.o \
	src/task/list_query.o \
	src/task/list_statement.o \
	src/task/list_totals.o \
	src/task/list_tree.o \
	src/task/list_tree_field.o \
	src/task/list_tree_leaf.o \
	src/task/list_tree_set.o \
	src/task/list_tree_sql.o \
	src/task/list_value.o \
	src/task/list_where.o \
	src/task/member.o \
	src/task/mention.o \
	src/task/mention_scan.o \
	src/task/mention_text.o \
	src/task/open_link.o \
	src/task/open_link_copy.o \
	src/task/organization.o \
	src/task/own_column.o \
	src/task/own_column_type.o \
	src/task/people.o \
	src/task/reassign.o \
	src/task/server_value.o \
	src/task/task_answer.o \
	src/task/task_bin.o \
	src/task/task_bulk.o \
	src/task/task_counter.o \
	src/task/task_delete.o \
	src/task/task_expand.o \
	src/task/task_field_type.o \
	src/task/task_fields.o \
	src/task/task_input.o \
	src/task/task_json.o \
	src/task/task_label.o \
	src/task/task_link_trigger.o \
	src/task/task_links.o \
	src/task/task_merge.o \
	src/task/task_refs.o \
	src/task/task_restore.o \
	src/task/task_text.o \
	src/task/task_timeline.o \
	src/task/task_completed.o \
	src/task/task_trigger.o \
	src/task/task_version.o \
	src/task/task_write.o \
	src/task/view.o \
	src/task/view_merge.o \
	src/task/view_store.o \
	src/event/event_feed.o \
	src/event/event_filter.o \
	src/event/event_generation.o \
	src/event/event_history.o \
	src/event/event_notify.o \
	src/event/event_purge.o \
	src/event/event_record.o \
	src/event/event_sync.o \
	src/event/event_token.o \
	src/event/event_trigger.o \
	src/event/event_write.o \
	src/webhook/webhook.o \
	src/webhook/webhook_claim.o \
	src/webhook/webhook_dead.o \
	src/webhook/webhook_finish.o \
	src/webhook/webhook_input.o \
	src/webhook/webhook_message.o \
	src/webhook/webhook_purge.o \
	src/webhook/webhook_row.o \
	src/api/api_args.o \
	src/api/api_attachments.o \
	src/api/api_bin.o \
	src/api/api_bulk.o \
	src/api/api_call.o \
	src/api/api_cluster.o \
	src/api/api_columns.o \
	src/api/api_comments.o \
	src/api/api_counters.o \
	src/api/api_deliveries.o \
	src/api/api_directory.o \
	src/api/api_doctor.o \
	src/api/api_events.o \
	src/api/api_forward.o \
	src/api/api_groups.o \
	src/api/api_idempotency.o \
	src/api/api_identity.o \
	src/api/api_invitations.o \
	src/api/api_jwt_keys.o \
	src/api/api_list.o \
	src/api/api_login.o \
	src/api/api_members.o \
	src/api/api_person.o \
	src/api/api_pre_request.o \
	src/api/api_provision.o \
	src/api/api_purge.o \
	src/api/api_roles.o \
	src/api/api_sent_back.o \
	src/api/api_stats.o \
	src/api/api_step.o \
	src/api/api_tasks.o \
	src/api/api_team_members.o \
	src/api/api_totals.o \
	src/api/api_users.o \
	src/api/api_views.o \
	src/api/api_webhooks.o \
	src/http/http_attachments.o \
	src/http/http_bearer.o \
	src/http/http_body.o \
	src/http/http_bulk.o \
	src/http/http_comments.o \
	src/http/http_cors.o \
	src/http/http_directory.o \
	src/http/http_disposition.o \
	src/http/http_entry.o \
	src/http/http_errors.o \
	src/http/http_events.o \
	src/http/http_etag.o \
	src/http/http_forward.o \
	src/http/http_message.o \
	src/http/http_openapi.o \
	src/http/http_organization.o \
	src/http/http_prefer.o \
	src/http/http_range.o \
	src/http/http_request.o \
	src/http/http_response.o \
	src/http/http_routes.o \
	src/http/http_sent_key.o \
	src/http/http_serve.o \
	src/http/http_tasks.o \
	src/http/http_webhooks.o \
	src/http/json_schema.o

PG_CPPFLAGS = -I$(srcdir)/src -DTASKCRM_VERSION='"$(EXTVERSION)"'
# Signatures of tokens.
SHLIB_LINK = -lcrypto
# The symbols that the library exports: exactly those that the server looks up.  Other
# functions can then have the same names as those of other libraries.
SHLIB_EXPORTS = src/exports.txt
# Without bitcode.  From bitcode, JIT inlines function bodies into code that resolves
# calls by name, and so does not find hidden functions.  Calls that are not inlined work.
override with_llvm = no

# The install script is these pieces in this order; a piece uses only earlier ones.
SQL_PIECES = \
	sql/header.sql \
	sql/schema.sql \
	sql/types/enum.sql \
	sql/types/enum_operators.sql.in:task_status \
	sql/types/enum_operators.sql.in:task_priority \
	sql/functions/identity.sql \
	sql/functions/token.sql \
	sql/types/search.sql \
	sql/types/enum_filter.sql \
	sql/functions/trigger.sql \
	sql/functions/task.sql \
	sql/functions/column.sql \
	sql/functions/comment.sql \
	sql/functions/event.sql \
	sql/functions/webhook.sql \
	sql/functions/attachment.sql \
	sql/functions/directory.sql \
	sql/functions/view.sql \
	sql/functions/bin.sql \
	sql/functions/organization.sql \
	sql/functions/http.sql \
	sql/functions/provision.sql \
	sql/functions/count.sql \
	sql/functions/stats.sql \
	sql/functions/cluster.sql \
	sql/install/registry.sql \
	sql/functions/person.sql \
	sql/install/tables.sql \
	sql/install/keys.sql \
	sql/install/checks.sql \
	sql/install/indexes.sql \
	sql/install/policies.sql \
	sql/install/statistics.sql \
	sql/install/comments.sql \
	sql/install/triggers.sql \
	sql/install/functions.sql \
	sql/install/locks.sql \
	sql/install/install.sql \
	sql/install/access.sql \
	sql/install/pending.sql \
	sql/install/rights.sql \
	sql/install/distribute.sql \
	sql/doctor/doctor_tables.sql \
	sql/doctor/doctor_roles.sql \
	sql/doctor/doctor.sql \
	sql/footer.sql
SQL_FILES = $(sort $(foreach piece,$(SQL_PIECES),$(firstword $(subst :, ,$(piece)))))
INSTALL_SCRIPT_SQL = sql/$(EXTENSION)--$(EXTVERSION).sql

# The upgrade to this version: its step, and the functions as the install script has them.
UPGRADE_STEPS = $(wildcard sql/upgrade/[0-9]*--$(EXTVERSION).sql)
UPGRADE_SCRIPTS = $(UPGRADE_STEPS:sql/upgrade/%=sql/upgrade/$(EXTENSION)--%)

# Upgrade scripts of released versions only, so that the two lists cannot overlap.
DATA = $(wildcard sql/$(EXTENSION)--*--*.sql)
DATA_built = $(INSTALL_SCRIPT_SQL) $(UPGRADE_SCRIPTS)
EXTRA_CLEAN = sql/$(EXTENSION)--$(EXTVERSION).sql $(UPGRADE_SCRIPTS) $(SHLIB_EXPORTS)

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

$(UPGRADE_SCRIPTS): sql/upgrade/$(EXTENSION)--%.sql: sql/upgrade/%.sql $(INSTALL_SCRIPT_SQL) sql/upgrade/functions.awk
	@{ printf '%s\n\n' '\echo Use "ALTER EXTENSION $(EXTENSION) UPDATE TO '"'$(EXTVERSION)'"'" to load this file. \quit'; \
		cat $(srcdir)/$<; \
		awk -f $(srcdir)/sql/upgrade/functions.awk $(INSTALL_SCRIPT_SQL); \
	} > $@.tmp && mv $@.tmp $@

# The archive that PGXN distributes, of the last commit.
DISTRIBUTION = $(EXTENSION)-$(EXTVERSION)
EXTRA_CLEAN += $(DISTRIBUTION).zip
.PHONY: dist
dist:
	git archive --format=zip --prefix=$(DISTRIBUTION)/ -o $(DISTRIBUTION).zip HEAD

# A piece that is missing from the list would silently not be installed; a test with the
# name of a file in sql/ would silently be replaced by it.
.PHONY: check-layout
check-layout:
	@for file in sql/*.sql sql/*/*.sql sql/*/*.sql.in; do \
		case " $(SQL_FILES) $(DATA) $(DATA_built) $(UPGRADE_STEPS) " in *" $$file "*) ;; \
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
