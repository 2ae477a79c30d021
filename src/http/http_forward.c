/*
 * http_forward.c
 *		Answers a request on the node of a cluster that has the rows of its organization.
 *
 * The node that was asked has found the route and the caller.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "api/api_forward.h"
#include "http/http_forward.h"
#include "http/http_message.h"

/*
 * Finds the organization of a request that belongs to one.  Returns false if the request runs
 * on this node in any case.
 */
static bool
find_organization(Identity *identity, const HttpTarget *target, const HttpRoute *route)
{
	if (identity_is_pinned() || (route->traits & (ROUTE_PUBLIC | ROUTE_EVERYWHERE)))
		return false;
	if (!(route->traits & ROUTE_ANY_ORG))
	{
		*identity = *identity_current();
		return identity->has_org;
	}
	if (route->noun != NOUN_COMMENT && route->noun != NOUN_ATTACHMENT)
		return false;
	return forward_find(identity, route->noun == NOUN_COMMENT ? FOUND_COMMENT : FOUND_ATTACHMENT, &target->pk);
}

/*
 * Answers a request where its organization is.  request, target, route: checked, and the
 * caller may use the route.  Returns false if it is here; the request must then be handled.
 * Raises the errors of the handler.  Needs a distributed database.
 */
bool
http_forward(const HttpRequest *request, const HttpTarget *target, const HttpRoute *route, HttpResponse *response)
{
	Identity	identity;
	bool		reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
	NullableDatum answer;

	if (!find_organization(&identity, target, route) ||
		!forward_is_elsewhere(&identity, reads ? NULL : request->method))
		return false;
	answer = forward_message(&identity, "serve_request", http_message_of_request(request), reads, BYTEAOID);
	http_message_read_response(response, DatumGetByteaPP(answer.value));
	return true;
}
