-- Setup for tests of whole lists: the usual one, the tasks with their oracle, and bare output.
-- :org and :me are the first organization and a user of it.
\set drop_tasks :srcdir /sql/include/drop_tasks.sql
\set org '''00000001-0000-7000-8000-000000000001'''
\set me '''00000002-0000-7000-8000-000000000002'''
\t on
\pset format unaligned
\ir setup.sql
\ir tasks.sql
