\o /dev/null
\connect - :superuser
DROP TABLE public.fragment;
DROP FUNCTION public.make_tasks(integer, integer, integer, text), public.sent(jsonb), public.sent_one(jsonb), public.fold(text), public.letters(text, jsonb),
  public.means(text[], text, text[]), public.oracle(jsonb, uuid, uuid), public.order_by(text), public.check_list(jsonb, uuid, uuid);
\i :teardown
