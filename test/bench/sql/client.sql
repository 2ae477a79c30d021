-- Makes :role a login of a member of organization :org, for the extension and for the
-- textbook's policies.
SELECT format('CREATE ROLE %I LOGIN', :'role') WHERE to_regrole(:'role') IS NULL \gexec
SELECT taskcrm.tc_grant_access(:'role', write => true) \g /dev/null
SELECT taskcrm.tc_link_login(:'role', bench.id('user', :org, 1)) \g /dev/null
SELECT format('ALTER ROLE %I SET request.jwt.claim.sub = %L', :'role', bench.id('user', :org, 1)) \gexec
