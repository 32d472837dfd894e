-- The rows, for PostgreSQL and SQLite alike: 200,000 funds, each with 5 positions, each with 2 lots.

WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 200000)
INSERT INTO funds SELECT n, 'fund ' || n, CASE n % 3 WHEN 0 THEN 'NGN' WHEN 1 THEN 'EUR' ELSE 'USD' END,
    '2026-01-01 ' || (10 + n % 14) || ':00' FROM numbers;
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999999)
INSERT INTO positions SELECT n + 1, n / 5 + 1, CASE n % 4 WHEN 0 THEN 'BITCOIN' WHEN 1 THEN 'DASH' WHEN 2 THEN 'DOGECOIN'
    ELSE 'LITECOIN' END, n * 7 % 100003 FROM numbers;
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1999999)
INSERT INTO lots SELECT n + 1, n / 2 + 1, n * 17 % 100003, CASE n % 3 WHEN 0 THEN 'note of lot ' || n END FROM numbers;
