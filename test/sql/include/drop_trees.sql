\o /dev/null
\connect - :superuser
DROP FUNCTION public.tree_letters(text), public.tree_duration(text, timestamp), public.tree_day(text, text), public.tree_instant(text, text, integer),
  public.tree_compare(text, text, text, text, uuid, text), public.tree_links(text, text, jsonb, uuid, uuid),
  public.tree_leaf(text, text, jsonb, uuid, uuid, text), public.tree_sql(jsonb, uuid, uuid, text),
  public.tree_oracle(jsonb, uuid, uuid, text), public.pick(text[]), public.tree_value(text), public.random_leaf(),
  public.random_tree(integer), public.try_trees(uuid, uuid, double precision, integer), public.as_tree(text, jsonb);
SELECT taskcrm.tc_hide_column('task', c) FROM unnest('{effort,stage,starts_at,note,billable}'::name[]) c;
ALTER TABLE taskcrm.task DROP COLUMN stage;
DROP TYPE public.stage;
\i :drop_tasks
