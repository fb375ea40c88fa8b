-- The permission trees of every group of an account, inherited groups too.
-- name: access_groups(user_id text) rows
WITH RECURSIVE mine AS (
	SELECT g.id, g.parent_group_id, g.permissions
	  FROM "group" g JOIN group_member m ON m.group_id = g.id
	 WHERE m.user_id = $1
	UNION
	SELECT p.id, p.parent_group_id, p.permissions
	  FROM "group" p JOIN mine ON mine.parent_group_id = p.id
)
SELECT permissions FROM mine WHERE permissions IS NOT NULL;
