-- The permission trees of every group of an account, inherited groups too.
-- name: access_groups(user_id text) rows
WITH RECURSIVE mine AS (
	SELECT g.id, g.parent_group_id
	  FROM "group" g JOIN group_member m ON m.group_id = g.id
	 WHERE m.user_id = $1
	UNION
	SELECT p.id, p.parent_group_id
	  FROM "group" p JOIN mine ON mine.parent_group_id = p.id
)
SELECT g.permissions FROM "group" g JOIN mine USING (id) WHERE g.permissions IS NOT NULL;
