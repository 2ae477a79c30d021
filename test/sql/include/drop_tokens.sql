-- Drops the objects created by tokens.sql.
DROP FUNCTION public.login(text);
DROP FUNCTION public.token(integer, integer, text);
DROP FUNCTION public.claims(integer, integer, text);
DROP FUNCTION public.jwt(text, text, bytea);
DROP FUNCTION public.base64url(bytea);
DROP FUNCTION public.hmac(bytea, bytea);
