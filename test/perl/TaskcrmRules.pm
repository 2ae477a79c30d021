# TaskcrmRules.pm
#
# The expectations of the security tests for each table and each function: who may use it
# and how, valid calls of it, and attacks on it.  The tests read the existing objects from
# the catalogs and fail for an object without a rule here, so that a new object is attacked
# from its first day.
#
# A new table or function gets its line in %TABLES or %FUNCTIONS below.

package TaskcrmRules;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use TaskcrmTest;

our @EXPORT = qw(table_rule function_rule functions_of_kind with_ids valid_calls literal);

# ---------------------------------------------------------------------------
# Tables.
#
#   read     clients have SELECT, and with write => true INSERT and UPDATE on the listed columns
#            (returned: columns that they may send, but whose value they cannot choose)
#   hidden   no client role has a privilege on it
#
# A rule may be added before its table exists.
our %TABLES = (
	organization            => { kind => 'read' },
	app_user                => { kind => 'read' },
	member                  => { kind => 'read' },
	account                 => { kind => 'read', insert => 'name', update => 'name', returned => 'id org_id' },
	contact                 => { kind => 'read', insert => 'account_id email first_name last_name',
		update => 'account_id email first_name last_name', returned => 'id org_id' },
	team                    => { kind => 'read', insert => 'name', update => 'name', returned => 'id org_id' },
	team_member             => { kind => 'read', insert => 'team_id user_id', returned => 'org_id team_id user_id' },
	task                    => { kind => 'read', insert => 'account_id description due_date priority status title',
		update => 'account_id description due_date priority status title',
		returned => 'completed_by completed_on created_by created_on id org_id updated_on version' },
	task_contact            => { kind => 'read', insert => 'contact_id task_id', update => 'contact_id',
		returned => 'created_on org_id task_id' },
	task_assignee           => { kind => 'read', insert => 'task_id user_id', update => 'user_id',
		returned => 'created_on org_id task_id' },
	task_team               => { kind => 'read', insert => 'task_id team_id', update => 'team_id',
		returned => 'created_on org_id task_id' },
	task_comment            => { kind => 'read', insert => 'comment', update => 'comment',
		returned => 'commented_by commented_on edited_on id org_id task_id' },
	task_mention            => { kind => 'read' },
	task_attachment         => { kind => 'read' },
	task_attachment_content => { kind => 'read' },
	event                   => { kind => 'hidden' },
	webhook                 => { kind => 'hidden' },
	event_generation        => { kind => 'hidden' },
	installation            => { kind => 'hidden' },
	exposed_column          => { kind => 'hidden' },
	login                   => { kind => 'hidden' },
	gateway                 => { kind => 'hidden' },
	stored_answer           => { kind => 'hidden' },
	invitation              => { kind => 'hidden' },
	task_view               => { kind => 'hidden' },
	deleted_task            => { kind => 'hidden' },
	event_purge             => { kind => 'hidden' },
	task_count              => { kind => 'hidden' },
	task_text               => { kind => 'hidden' },
	open_link               => { kind => 'hidden' },
	accepted_finding        => { kind => 'hidden' },
	jwt_key                 => { kind => 'hidden' },
);

# ---------------------------------------------------------------------------
# The schema in tc_openapi() of a function's answer, with [] appended for an array of it.
our %ANSWERS = (
	tc_list_tasks    => 'TaskList',
	tc_get_task      => 'TaskDetails',
	tc_create_task   => 'Task',
	tc_create_tasks  => 'Task[]',
	tc_update_task   => 'Task',
	(map { $_ => 'Task' } qw(tc_assign tc_unassign)),
	(map { $_ => 'EventList' } qw(tc_task_history tc_list_events)),
	tc_sync          => 'Sync',
	tc_list_comments => 'CommentList',
	tc_list_attachments               => 'AttachmentList',
	tc_add_task_comment_or_attachment => 'CommentOrAttachment',
	tc_add_task_attachment            => 'Attachment',
	tc_edit_task_comment              => 'Comment',
	tc_create_team   => 'Team',
	(map { $_ => 'Team' } qw(tc_get_team tc_update_team)),
	tc_openapi       => 'OpenApi',
	(map { $_ => 'TasksChanged' } qw(tc_update_tasks tc_delete_tasks)),
	tc_task_totals   => 'Totals',
	tc_group_tasks   => 'TaskGroups',
	(map { $_ => 'Account' } qw(tc_get_account tc_create_account tc_update_account)),
	(map { $_ => 'Contact' } qw(tc_get_contact tc_create_contact tc_update_contact)),
	tc_get_member     => 'Member',
	tc_list_accounts  => 'AccountList',
	tc_list_contacts  => 'ContactList',
	tc_list_teams     => 'TeamList',
	tc_list_members   => 'MemberList',
	tc_list_views     => 'ViewList',
	tc_list_deleted   => 'DeletedTaskList',
	tc_restore_task   => 'RestoredTask',
	(map { $_ => 'View' } qw(tc_get_view tc_create_view tc_update_view)),
	(map { $_ => 'WebhookWithSecret' } qw(tc_create_webhook tc_rotate_webhook_secret)),
	(map { $_ => 'Webhook' } qw(tc_update_webhook tc_get_webhook)),
	tc_list_webhooks => 'WebhookList',
	tc_test_webhook  => 'WebhookTest',
	(map { $_ => 'Purged' } qw(tc_purge_deleted tc_purge_events)),
	(map { $_ => 'Caller' } qw(tc_whoami tc_login tc_update_me)),
	tc_invite_member       => 'InvitationToken',
	tc_list_invitations    => 'InvitationList',
	tc_accept_invitation   => 'Membership',
	(map { $_ => 'Reassigned' } qw(tc_reassign tc_remove_member)),
	(map { $_ => 'Member' } qw(tc_set_member_role tc_deactivate_member tc_reactivate_member)),
	(map { $_ => 'Organization' } qw(tc_get_organization tc_update_organization)),
);

# ---------------------------------------------------------------------------
# Functions of schema taskcrm.
#
#   client          for clients; a caller without an identity gets PT401
#   anybody         for clients; a caller without an identity gets an answer too
#   identity        PUBLIC may execute it; it returns the caller's own identity
#   administrator   no client may execute it
#
# calls: the arguments of valid calls, as text. attacks: argument lists with ids of other
# organizations or with unknown ids; both must give the same answer. {task} and so on are
# placeholders for ids, see with_ids(). is_refused: a call that succeeds needs an id or a token that is
# made by another call, so that these calls are refused.
sub client { my ($calls, @attacks) = @_; return { kind => 'client', calls => $calls, attacks => \@attacks } }
sub anybody { return { kind => 'anybody', calls => [@_] } }

my @list_attacks = map {"'$_'"} '{"account":"{account}"}', '{"contact":"{contact}"}', '{"team":"{team}"}',
	'{"assigned_to":"{user}"}',
	'{"created_by":"{user}"}', '{"account":["{account}","{account}"]}', '{"title":"canar"}', '{"search":"canar"}',
	'{"limit":1000}',
	'{"limit":0}', '{"limit":5,"offset":3}', '{"ordering":"title","limit":1000}',
	'{"ordering":"-due_date,priority,title","limit":4}', '{"ordering":"-status","status":["New","Completed"]}',
	'{"count":"estimated"}', '{"count":"none"}', '{"expand":"account,contacts,assigned_to,teams,created_by,comments_count,attachments_count"}', '{"overdue":true}', '{"title":"%"}', '{"search":"_"}',
	'{"x":"{task}"}';
my @list_calls = map { [$_] } '{}',
  '{"title":"task","status":"In Progress","priority":"High","assigned_to":"@me","account":"{account}","due_date":"2024-01-31","limit":5,"offset":1}',
  '{"status":["New","comp"],"priority":["Low","urg"],"ordering":"-due_date","limit":"3","count":"estimated"}',
  '{"contact":"{contact}","team":["{team}","{account}"],"created_by":"@me","search":"description","accents":false}',
  '{"due_date__gte":"2024-01-01","due_date__lte":"2024-12-31","created_on__gte":"2024-01-01","created_on__lte":"2030-01-01T00:00:00Z","time_zone":"Europe/Berlin"}',
  '{"overdue":"true","ordering":"title","count":"none","cursor":"start","limit":2}',
  '{"expand":"account,contacts,assigned_to","limit":5}';
my $task_data =
	'{"title":"a task","description":"text","status":"New","priority":"Low","due_date":"2024-02-29","account":"{account}",'
  . '"contacts":["{contact}"],"assigned_to":["{user}"],"teams":["{team}"]';
my $form = join "\r\n", '--XYZ', 'Content-Disposition: form-data; name="comment"', '', 'to @bob', '--XYZ',
	'Content-Disposition: form-data; name="attachment"; filename="a.txt"', 'Content-Type: text/plain', '', 'bytes',
	'--XYZ--';
my $attachment = '{"file_name":"a.txt","content_type":"text/plain; charset=utf-8","content":"aGVsbG8="}';

our %FUNCTIONS = (
	(map { $_ => { kind => 'identity' } } qw(tc_current_user tc_current_org tc_current_role tc_uuidv7 tc_today)),
	tc_whoami       => anybody([]),
	tc_login        => anybody([ 'e30.e30.e30' ]),
	tc_http_request => anybody(
		[ 'GET', '/api/tasks/?status=New&status=In%20Progress&assigned_to=%40me&limit=5' ],
		[ 'GET', '/api/tasks/{task}/', '{"if-none-match":"\"1\""}' ],
		[ 'POST', '/api/tasks/', '{"content-type":"application/json"}', "$task_data}" ],
		[ 'PUT', '/api/tasks/{task}/', '{"if-match":"\"1\", *"}', '{"title":"x"}' ],
		[ 'POST', '/api/tasks/{task}/', '{"content-type":"multipart/form-data; boundary=XYZ"}', $form ],
		[ 'GET', '/api/tasks/attachment/{attachment}/', '{"authorization":"Bearer e30.e30.e30"}' ],
		[ 'PUT', '/api/tasks/comment/{comment}/', '{"organization-id":""}', '{"comment":"to @bob"}' ]
	),
	tc_http    => anybody([ 'bytes' ]),
	tc_export_organization => client([ [] ], "'{org}'"),
	tc_openapi => anybody([]),
	is_overdue => anybody([ undef ]),
	tc_node_of => anybody([ '{org}' ]),
	(map { $_ => { kind => 'administrator' } }
		qw(tc_install tc_grant_access tc_revoke_access tc_link_login tc_unlink_login tc_trust_gateway tc_distrust_gateway
		tc_relink_roles tc_create_organization tc_link_organization tc_list_organizations tc_delete_organization
		tc_create_user tc_update_user tc_find_user tc_deactivate_user tc_reactivate_user tc_sync_user tc_add_member tc_doctor
		tc_check_counts tc_recount tc_compact_counts tc_pending_ddl tc_stats tc_reset_stats tc_accept_finding tc_unaccept_finding tc_erase_user tc_export_user
		tc_import_organization tc_distribute tc_undistribute tc_grant_worker tc_revoke_worker tc_claim_deliveries tc_finish_delivery tc_expose_column tc_hide_column tc_add_jwt_key tc_remove_jwt_key)),
	(map { $_ => client(\@list_calls, @list_attacks) } qw(tc_list_tasks tc_find_task_ids tc_find_tasks tc_task_totals)),
	tc_group_tasks => client(
		[ [ '{}', 'status' ], [ '{"title":"task","priority":["High","Low"]}', 'assigned_to', '{"limit":3,"ordering":"-due_date"}' ],
			[ '{"time_zone":"Europe/Berlin"}', 'created', '{"period":"week","max_groups":5,"skip_groups":1,"expand":"account"}' ],
			[ '{"account":"{account}"}', 'contact' ], [ '{"count":"none","limit":1}', 'due' ] ],
		(map {"'{}', '$_', '{\"limit\":1000}'"} qw(team account contact created_by assigned_to)),
		map {"'$_', 'status'"} '{"account":"{account}"}', '{"title":"canar"}', '{"x":1}'),
	tc_create_view => client(
		[ [ '{"name":"a view"}' ], [ '{"name":"board","shared_with":"team","filters":{"status":"New","assigned_to":"@me"},"group_by":"due","display":{"columns":[1]}}' ] ],
		map {"'$_'"} '{"name":"x","filters":{"account":"{account}","x":1}}', '{"name":"x","group_by":"{account}"}'),
	tc_list_views  => client([ ['{}'], ['{"search":"view","owner":"@me","limit":2,"ordering":"-name"}'] ], map {"'$_'"} '{"ids":"{task}"}', '{"owner":"{user}"}'),
	tc_list_deleted => client([ ['{}'], ['{"search":"task","deleted_by":"@me","deleted_on__gte":"-P7D","deleted_on__lte":"today","limit":2,"ordering":"title"}'] ],
		map {"'$_'"} '{"ids":"{task}"}', '{"deleted_by":"{user}"}'),
	tc_restore_task  => { %{ client([ [ '{task}' ] ], "'{task}'") }, is_refused => 1 },
	(map { $_ => client([ ['2001-01-01'] ], "'-infinity'") } qw(tc_purge_deleted tc_purge_events)),
	tc_get_view    => { %{ client([ [ '{task}' ] ], "'{task}'") }, is_refused => 1 },
	tc_update_view => { %{ client([ [ '{task}', '{"name":"x"}' ] ], "'{task}', '{}'") }, is_refused => 1 },
	tc_delete_view => { %{ client([ [ '{task}' ] ], "'{task}'") }, is_refused => 1 },
	tc_create_account     => client([ [ 'a name' ] ], "'x'"),
	tc_list_accounts      => client(
		[ ['{}'], ['{"search":"task","ids":["{account}"],"ordering":"-name","limit":"3","offset":1}'],
			['{"count":"none","cursor":"start","limit":2}'] ],
		map {"'$_'"} '{"ids":"{account}"}', '{"search":"canar"}', '{"limit":1000}', '{"x":1}'),
	tc_get_account        => client([ [ '{account}' ] ], "'{account}'"),
	tc_update_account     => client([ [ '{account}', '{"name":"a name"}' ] ], "'{account}', '{\"name\":\"x\"}'"),
	tc_delete_account     => client([ [ '{account}' ] ], "'{account}'"),
	tc_create_team        => client([ [ 'a name' ] ], "'x'"),
	tc_list_teams         => client(
		[ ['{}'], ['{"search":"task","ids":["{team}"],"user":"@me","ordering":"-name","limit":"3","offset":1}'],
			['{"count":"none","cursor":"start","limit":2}'] ],
		map {"'$_'"} '{"ids":"{team}"}', '{"user":"{user}"}', '{"search":"canar"}', '{"limit":1000}', '{"x":1}'),
	tc_get_team           => client([ [ '{team}' ] ], "'{team}'"),
	tc_update_team        => client([ [ '{team}', '{"name":"a name"}' ] ], "'{team}', '{\"name\":\"x\"}'"),
	tc_delete_team        => client([ [ '{team}' ] ], "'{team}'"),
	tc_create_contact =>
		client([ [ 'Ann', 'Lee', 'ann@example.org', '{account}' ], [ 'Bo' ] ], "'x', account => '{account}'"),
	tc_list_contacts      => client(
		[ ['{}'], ['{"search":"task","account":"{account}","ids":["{contact}"],"ordering":"-email,last_name","limit":"3","offset":1}'],
			['{"count":"none","cursor":"start","limit":2}'] ],
		map {"'$_'"} '{"ids":"{contact}"}', '{"account":"{account}"}', '{"search":"canar"}', '{"limit":1000}', '{"x":1}'),
	tc_get_contact        => client([ [ '{contact}' ] ], "'{contact}'"),
	tc_update_contact     =>
		client([ [ '{contact}', '{"first_name":"Ann","last_name":null,"account":"{account}"}' ] ],
		"'{contact}', '{\"first_name\":\"x\",\"account\":\"{account}\"}'"),
	tc_list_members       => client(
		[ ['{}'], ['{"search":"task","role":"admin","is_active":true,"team":"{team}","ids":["@me"],"ordering":"role,-name","limit":"3","offset":1}'],
			['{"count":"none","cursor":"start","limit":2}'] ],
		map {"'$_'"} '{"ids":"{user}"}', '{"team":"{team}"}', '{"search":"canar"}', '{"limit":1000}', '{"x":1}'),
	tc_get_member         => client([ [ '{user}' ] ], "'{user}'"),
	tc_delete_contact     => client([ [ '{contact}' ] ], "'{contact}'"),
	tc_add_team_member =>
		client([ [ '{team}', '{user}' ] ], "'{team}', '@{[user_id('bob')]}'", "'@{[id(1, 'team', 1)]}', '{user}'"),
	tc_remove_team_member =>
		client([ [ '{team}', '{me}' ] ], "'{team}', '{user}'", "'@{[id(1, 'team', 1)]}', '{user}'"),
	tc_remove_member      => client([ [ '{user}' ], [ '{user}', '{me}' ] ], "'{user}'", "'{me}', '{user}'"),
	tc_reassign           => client(
		[ [ '{user}', '{me}' ], [ '{me}', undef, '{"priority":"High","team":"{team}","search":"task"}' ] ],
		"'{user}', '{me}'", "'{me}', '{user}'", "'{me}', NULL, '{\"account\":\"{account}\"}'"
	),
	tc_set_member_role    => client([ [ '{user}', 'admin' ] ], "'{user}', 'member'"),
	(map { $_ => client([ [ '{user}' ] ], "'{user}'") } qw(tc_deactivate_member tc_reactivate_member)),
	tc_invite_member => client(
		[ [ 'x@y.example' ], [ undef, 'admin' ], [ 'x@y.example', 'member', undef ] ],
		"'carol\@b.example'"
	),
	tc_list_invitations    => client([ [] ]),
	tc_revoke_invitation   => { %{ client([ [ '{task}' ] ], "'{task}'") }, is_refused => 1 },
	tc_accept_invitation   => { %{ client([ [ 'token' ] ], "'x'") }, is_refused => 1 },
	tc_create_webhook      => client(
		[ [ 'https://a.example/in' ], [ 'https://a.example/in', '{task.*,comment.created}', '{"status":"New","assigned_to":"@me","team":"{team}"}' ] ],
		"'https://a.example/in', NULL, '{\"account\":\"{account}\"}'"
	),
	tc_update_webhook      => { %{ client([ [ '{task}', '{"url":"https://a.example/in","types":["task.*"],"filters":{"status":"New"},"is_active":true}' ] ], "'{task}', '{}'") }, is_refused => 1 },
	tc_rotate_webhook_secret => { %{ client([ [ '{task}', '1 hour' ] ], "'{task}'") }, is_refused => 1 },
	(map { $_ => { %{ client([ [ '{task}' ] ], "'{task}'") }, is_refused => 1 } } qw(tc_delete_webhook tc_get_webhook tc_test_webhook)),
	tc_list_webhooks       => client([ [] ]),
	tc_get_organization    => client([ [] ]),
	tc_update_organization => client([ [ 'a name' ] ]),
	tc_update_me           => client([ [ 'a name' ] ]),
	tc_create_task => client(
		[ [ "$task_data}" ], [ "$task_data,\"attachments\":[$attachment]}", 'a key', 'contacts,created_by' ] ],
		map {"'$_'"} '{"title":"x","account":"{account}"}',
		'{"title":"x","contacts":["{contact}"]}',
		'{"title":"x","teams":["{team}"]}',
		'{"title":"x","assigned_to":["{user}"]}',
		'{"title":"x","id":"{task}"}',
		'{"title":"x","org":"' . org(2) . '"}',
		'{"title":"x","created_by":"{user}"}'
	),
	tc_create_tasks => client(
		[ [ "[$task_data},{\"title\":\"another\",\"attachments\":[$attachment]}]" ] ],
		map {"'$_'"} '[{"title":"x","account":"{account}"}]',
		'[{"title":"x"},{"title":"x","contacts":["{contact}"]}]',
		'[{"title":"x","teams":["{team}"]}]',
		'[{"title":"x","assigned_to":["{user}"]}]'
	),
	tc_get_task    => client([ [ '{task}' ], [ '{task}', 'account,contacts,assigned_to,teams,created_by' ] ],
		"'{task}'", "'{task}', 'teams'"),
	tc_update_task => client([ [ '{task}', "$task_data}", 'account,teams' ], [ '{task}', '{"version":1,"account":null,"teams":[]}' ] ],
		"'{task}', '{\"title\":\"x\"}'", map { "'@{[id(1, 'task', 1)]}', '$_'" } '{"account":"{account}"}',
		'{"contacts":["{contact}"]}', '{"teams":["{team}"]}', '{"assigned_to":["{user}"]}'),
	tc_assign      => client([ [ '{task}', '{{user}}' ], [ '{task}', '{}' ] ],
		"'{task}', '{{me}}'", "'@{[id(1, 'task', 1)]}', '{{user}}'"),
	tc_unassign    => client([ [ '{task}', '{{user}}' ] ], "'{task}', '{{user}}'"),
	tc_delete_task => client([ [ '{task}' ] ], "'{task}'"),
	tc_update_tasks => client(
		[   [ '{"ids":"{task}"}', "$task_data}" ],
			[ '{"where":{"or":[{"title":{"contains":"task"}},{"not":{"team":{"any":["{team}"]}}}]}}',
				'{"due_date":null,"contacts":{"add":["{contact}"],"remove":[]}}', '{"max_affected":10000,"dry_run":true}' ],
			[ '{}', '{"priority":"High"}', '{"all":true,"max_affected":"10000"}' ]
		],
		"'{\"ids\":[\"{task}\"]}', '{\"title\":\"x\"}'",
		"'{\"account\":\"{account}\"}', '{\"title\":\"x\"}'",
		map { "'{\"ids\":\"@{[id(1, 'task', 1)]}\"}', '$_'" } '{"account":"{account}"}', '{"contacts":["{contact}"]}',
		'{"teams":{"add":["{team}"]}}', '{"assigned_to":["{user}"]}'
	),
	tc_delete_tasks => client(
		[ [ '{"ids":"{task}"}' ], [ '{"created_by":"@me","assigned_to":"{user}"}', '{"dry_run":true,"max_affected":10000,"expected":null}' ] ],
		"'{\"ids\":[\"{task}\"]}'", "'{\"team\":\"{team}\"}'"
	),
	tc_add_task_comment_or_attachment => client(
		[   [ '{task}', 'to @bob, @alice@example.org: hello', $attachment ],
			[ '{task}', 'a comment' ],
			[ '{task}', undef, '{"file_name":"a","url":"https://example.org/a"}' ]
		],
		"'{task}', 'x'",
		"'@{[id(1, 'task', 1)]}', '\@carol \@dirk'"
	),
	tc_add_task_attachment => client(
		[ [ '{task}', 'a.txt', 'bytes', 'text/plain' ], [ '{task}', 'a.txt', 'aGVsbG8=', undef, undef, 'base64' ] ],
		"'{task}', 'x', 'x'"
	),
	(   map {
			$_ => client(
				[   [ '{task}' ],
					[ '{task}', '{"limit":1,"cursor":"start","count":"none"}' ],
					[ '{task}', '{"limit":"2","offset":1}' ]
				],
				"'{task}'",
				"'{task}', '{\"limit\":0}'"
			)
		} qw(tc_list_comments tc_list_attachments tc_task_history)
	),
	tc_list_events => client(
		[ ['{}'], ['{"actor":["@me","{user}"],"type":["task.*","comment.created"],"task":"{task}","subject":"{task}","happened_on__gte":"-P7D","happened_on__lte":"today","limit":2,"ordering":"id"}'],
			['{"count":"none","cursor":"start","limit":2}'] ],
		map {"'$_'"} '{"ids":"{task}"}', '{"actor":"{user}"}', '{"task":"{task}"}', '{"limit":1000}', '{"x":1}'
	),
	tc_sync                   => client([ [ undef, '{"limit":1,"resources":"tasks","filters":{"status":"New"}}' ] ], "'AQI'"),
	tc_edit_task_comment      => client([ [ '{comment}', 'to @bob' ] ], "'{comment}', 'x'"),
	tc_delete_task_comment    => client([ [ '{comment}' ] ], "'{comment}'"),
	tc_delete_task_attachment => client([ [ '{attachment}' ] ], "'{attachment}'"),
	tc_pre_request            => client([ [] ]),
	tc_download               => client([ [ '{attachment}' ] ], "'{attachment}'"),
	tc_get_task_attachment    => client([ [ '{attachment}' ] ], "'{attachment}'"),
);

# ---------------------------------------------------------------------------
# Functions of schema taskcrm_internal, which no client may use by name.
#
#   support    PUBLIC may execute it, because policies and operators call it
#   trigger    only fired as a trigger
#   internal   no client may execute it
our @INTERNAL = (
	[ qr/^task_(status|priority)_(eq|ne|lt|le|gt|ge|cmp|hash|hash_extended)$/ => 'support' ],
	[ qr/^(is_colleague|is_current_org|text_contains|text_contains_unaccented|is_blank|is_file_name|is_external_id|is_json_time|folded|enum_is|enum_is_any)$/ => 'support' ],
	[ qr/^(contains_selectivity|plain_(extract_value|extract_query)|trigram_(extract_value|extract_query|consistent|compare_partial))$/ => 'support' ],
	[ qr/^uuid_(extract_value|extract_query|consistent)$/ => 'support' ],
	[   qr/^(refuse_change|refuse_server_value|task_touch|task_completed|comment_touch|comment_mentions|link_created_on|link_changed|link_opened|task_opened|open_link_kept|assignee_active|keep_admin|identity_changed|exposed_changed|task_counted|task_described|task_text_replaced|task_binned|record_event|role_here|refuse_truncate)$/
			=> 'trigger'
	],
	[ qr/^(install|doctor|wanted|found|former|excess|missing|lacking|differing|pending|lock|building|changing|sleeping|unforced)_\w+$/ => 'internal' ],
	[   qr/^(guard_drop|add_column|require_not_null|are_firing|email_index|lacks_columns|tables_in_order|show_progress|check_written|public_functions|provisioning_functions|worker_functions|owned_objects|unfit_owner|(?:monitor|owner)_functions|(?:write|delete|rename)_(?:login|gateway|version|finding))$/
			=> 'internal'
	],
	[   qr/^(client_functions|client_tables|check_installed|check_tables|check_found|table_names|misplaced_relations|role_oid|check_client_role|excess_rights|read_tables|check_granted)$/
			=> 'internal'
	],
	[   qr/^(is_(?:current_org|colleague)_support|policy_clauses|known_labels|text_rank|text_rank_unaccented|jwt_key_problem|exposed_columns|column_problem|enum_filter_support|disabled_key_triggers|granted_roles|table_registry|table_schema|qualified_name|is_acceptable|is_about|open_findings|report_findings|without_mentions|call_as|has_row|serve_request|serve_step|is_node|is_distributed|is_coordinator|run_on_nodes|run_everywhere|table_places|table_of_call|prepare_nodes?|node_findings|shards_here|granted_to|(?:grant|revoke)_(?:functions|here)|revoke_worker_here|check_distributable|drop_triggers|drop_policies|drop_former_indexes|distribute_tables|link_roles_on_nodes|begin_generation|exported_tables|line_problem|import_lines|check_lines|import_checked|import_rows|organization_tables|unbound_roles|added_for_clients)$/
			=> 'internal'
	],
);

# The only functions that may be LEAKPROOF: none of them can raise an error because of a
# row's contents.
our $LEAKPROOF =
	qr/^taskcrm_internal\.(task_(status|priority)_(eq|ne|lt|le|gt|ge|cmp|hash|hash_extended)|text_contains|text_contains_unaccented|enum_is|enum_is_any|is_current_org)\(/;

# Notifications that may be sent to any session that LISTENs: channel => payload.
our %NOTIFIED = (pgrst => qr/^reload schema$/);

# SQLSTATEs that a call may end with for any arguments: those in the reference, and the
# server's own for invalid text or JSON, and for too deep or too large values.
our $DOCUMENTED = qr/^(PT401|PT404|PT409|PT412|PT413|PT422|22023|22P02|22007|23503
	|22021|22P05|22003|54000|54001)$/x;

sub table_rule { return $TABLES{ $_[0] } }

sub function_rule
{
	my ($schema, $name) = @_;
	return $FUNCTIONS{$name} if $schema eq 'taskcrm';
	my ($found) = grep { $name =~ $_->[0] } @INTERNAL;
	return $found ? { kind => $found->[1] } : undef;
}

sub functions_of_kind
{
	my ($kind) = @_;
	return sort grep { $FUNCTIONS{$_}{kind} eq $kind } keys %FUNCTIONS;
}

# Replaces {account}, {contact}, {team}, {task}, {comment} and {attachment} in a text with
# ids; {user} is bob for tenant 1, carol for 2, nobody for 3; {me} is alice.
sub with_ids
{
	my ($text, $tenant) = @_;
	my $user = $tenant == 1 ? user_id('bob') : $tenant == 2 ? user_id('carol') : id(9, 'user', 99);

	$text =~ s/\{me\}/user_id('alice')/ge;
	$text =~ s/\{user\}/$user/g;
	$text =~ s/\{org\}/org($tenant)/ge;
	$text =~ s/\{(account|contact|team|task|comment|attachment)\}/id($tenant, $1, 1)/ge;
	return $text;
}

sub literal { return defined $_[0] ? quote($_[0]) : 'NULL' }

# Returns valid calls of a function by alice, as statements.
sub valid_calls
{
	my ($name) = @_;
	return if $FUNCTIONS{$name}{is_refused};
	return map {
		"SELECT x FROM taskcrm.$name(" . join(', ', map { literal(defined $_ ? with_ids($_, 1) : undef) } @$_) . ') x'
	} @{$FUNCTIONS{$name}{calls}};
}

1;
