/*
 * attachment_file.c
 *		Reads an attachment with its content.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/sqlstate.h"
#include "db/plan.h"
#include "task/attachment_file.h"

static KeptPlan content_plan = TENANT_PLAN(
	"SELECT a.file_name, a.content_type, c.content, a.url, pg_catalog.encode(a.sha256, 'hex'), pg_catalog.octet_length(c.content)"
	" FROM taskcrm.task_attachment a LEFT JOIN taskcrm.task_attachment_content c"
	" ON c.org_id = $1 AND c.attachment_id = a.id AND a.url IS NULL"
	" WHERE a.org_id = $1 AND a.id = $2",
	2, UUIDOID, UUIDOID);

/* Returns a text column of the first row, or NULL. */
static char *
get_text(int column)
{
	bool		isnull;
	Datum		value = plan_value(0, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * Reads an attachment.  Returns false if it does not exist.  Raises PT404 for a file whose
 * content is missing, as after a restore of only some tables.  Needs an API call in
 * progress; the content is valid until SPI_finish().
 */
bool
attachment_file_read(StoredFile *file, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};
	bool		isnull;

	plan_run(&content_plan, values, NULL, true);
	if (SPI_processed == 0)
		return false;
	file->file_name = get_text(1);
	file->content_type = get_text(2);
	file->content = plan_value(0, 3, &isnull);
	file->has_content = !isnull;
	file->url = get_text(4);
	file->sha256 = get_text(5);
	file->size = DatumGetInt32(plan_value(0, 6, &isnull));
	if (!file->has_content && file->url == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_TC_NOT_FOUND),
				 errmsg("the content of the attachment is missing"),
				 errhint("Attach the file again, or ask the administrator to restore it.")));
	return true;
}
