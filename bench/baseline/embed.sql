\set k random(1, 199981)
SELECT f.*, p.*, l.* FROM (SELECT * FROM funds WHERE id >= :k ORDER BY id LIMIT 20) AS f LEFT JOIN positions AS p ON p.fund_id = f.id LEFT JOIN lots AS l ON l.position_id = p.id ORDER BY f.id;
