-- The two enums.  Their labels are fixed: as members of the extension the types
-- are not dumped label by label, so a label that a user adds would be lost.
CREATE TYPE taskcrm.task_status AS ENUM ('New', 'In Progress', 'Completed');
COMMENT ON TYPE taskcrm.task_status IS
  'The status of a task in its workflow: New, In Progress or Completed.';

CREATE TYPE taskcrm.task_priority AS ENUM ('Low', 'Normal', 'High', 'Urgent');
COMMENT ON TYPE taskcrm.task_priority IS
  'The priority of a task: Low, Normal, High or Urgent, in this order.';
