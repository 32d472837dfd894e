-- Things that were made in one order and depend on each other in another.
CREATE EXTENSION citext;
CREATE TABLE nodes (id int PRIMARY KEY, name citext);
CREATE TABLE edges (id int, node_name int, other int, weight numeric);
-- A key that leads to an index which is no constraint, made after it.
CREATE UNIQUE INDEX zz_other ON edges (other);
ALTER TABLE nodes ADD COLUMN edge int REFERENCES edges (other);

-- A view that was replaced by one over a view which is newer.
CREATE VIEW a_first AS SELECT 1 AS id;
CREATE VIEW z_second AS SELECT id FROM nodes;
CREATE OR REPLACE VIEW a_first AS SELECT id FROM z_second;

-- A domain over rows of a table, and a table with the domain, and a function over rows of a view.
CREATE DOMAIN whole_node AS nodes CHECK ((VALUE).id > 0);
CREATE TABLE a_keeper (node whole_node, many nodes[]);
CREATE FUNCTION a_title(row_of a_first) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT row_of.id::text';
CREATE VIEW a_titled AS SELECT a_title(a_first) AS title FROM a_first;
CREATE TYPE a_pair AS (one nodes, other whole_node);
CREATE FUNCTION pairs() RETURNS SETOF a_pair LANGUAGE sql AS 'SELECT NULL::public.a_pair';

-- Functions in defaults, checks, generated columns, keys of parts, indexes and policies.
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION first_node() RETURNS int LANGUAGE sql AS 'SELECT min(id) FROM public.nodes';
CREATE TABLE a_user (
    n int DEFAULT first_node(), m int GENERATED ALWAYS AS (twice(3)) STORED, CONSTRAINT even CHECK (n <> twice(n))
);
ALTER TABLE edges ALTER id SET DEFAULT first_node();
CREATE INDEX a_twice ON nodes (twice(id));
CREATE POLICY a_policy ON nodes USING (EXISTS (SELECT FROM a_titled));
CREATE TABLE a_parted (n int) PARTITION BY LIST (twice(n));
CREATE TABLE a_part PARTITION OF a_parted FOR VALUES IN (2);

-- What stands for itself and beside others.
CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM a_first; END;
CREATE PROCEDURE clean() LANGUAGE sql AS 'DELETE FROM public.edges';
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON edges DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION seen();
CREATE RULE quiet AS ON INSERT TO edges WHERE NEW.id < 0 DO INSTEAD NOTHING;
ALTER TABLE edges DISABLE RULE quiet;
CREATE TRIGGER always AFTER DELETE ON edges FOR EACH STATEMENT EXECUTE FUNCTION seen();
ALTER TABLE edges ENABLE ALWAYS TRIGGER always;
CREATE STATISTICS together ON id, weight FROM edges;
ALTER TABLE edges ALTER weight SET STORAGE PLAIN, ALTER weight SET STATISTICS 500, ALTER id SET (n_distinct = 5);
ALTER TABLE edges REPLICA IDENTITY FULL;
ALTER TABLE nodes CLUSTER ON a_twice;
ALTER TABLE nodes ADD CONSTRAINT tight UNIQUE (edge) WITH (fillfactor = 50);
ALTER VIEW a_first ALTER id SET DEFAULT 7;
CREATE VIEW checked AS SELECT id FROM nodes WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE TABLE typed OF a_pair;
CREATE TABLE empty ();
CREATE TABLE empty_heir () INHERITS (empty);
CREATE TABLE base (a int DEFAULT 1, b text, c int NOT NULL, CONSTRAINT whole CHECK (a > 0), CONSTRAINT alone CHECK (a < 9) NO INHERIT);
CREATE TABLE heir (d int) INHERITS (base);
ALTER TABLE heir ALTER a SET DEFAULT 2, ALTER b SET NOT NULL;
CREATE TABLE heir_of_two (b text, CONSTRAINT whole CHECK (a > 0)) INHERITS (base);
ALTER TABLE heir_of_two ALTER a DROP DEFAULT;
CREATE TYPE letters AS RANGE (subtype = text, collation = "C", multirange_type_name = many_letters);
CREATE DOMAIN late AS text COLLATE "C";
ALTER DOMAIN late ADD CONSTRAINT long CHECK (length(VALUE) > 3) NOT VALID;
CREATE TABLE once (a int, b int, EXCLUDE USING btree (b WITH =));
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN ALTER TABLE once ADD UNIQUE NULLS NOT DISTINCT (a); END IF;
END $$;
COMMENT ON RULE quiet ON edges IS 'Not below nothing';
COMMENT ON STATISTICS together IS 'Of both';
COMMENT ON COLUMN a_pair.one IS 'The first';
COMMENT ON POLICY a_policy ON nodes IS 'Who sees them';
COMMENT ON PROCEDURE clean() IS 'All of it';
COMMENT ON INDEX zz_other IS 'For a key';

-- Defaults that were changed in the middle of a chain, and at one of two parents that agreed once.
CREATE TABLE chain_top (a int DEFAULT 1, b int DEFAULT 1, c int);
CREATE TABLE chain_middle (d int DEFAULT 4) INHERITS (chain_top);
CREATE TABLE chain_end () INHERITS (chain_middle);
ALTER TABLE chain_middle ALTER a SET DEFAULT 2, ALTER b DROP DEFAULT, ALTER c SET DEFAULT twice(3);
ALTER TABLE ONLY chain_middle ALTER d DROP DEFAULT;
CREATE TABLE chain_beside (a int DEFAULT 1);
CREATE TABLE chain_of_two () INHERITS (chain_top, chain_beside);
ALTER TABLE ONLY chain_beside ALTER a SET DEFAULT 9;
-- A table that became an heir once it had its columns.
CREATE TABLE late_parent (z int NOT NULL DEFAULT 5, y text, CONSTRAINT above CHECK (z > 0));
CREATE TABLE late_beside (w int);
CREATE TABLE late_heir (w int, own text, y text, z int NOT NULL, CONSTRAINT above CHECK (z > 0));
CREATE TABLE late_heir_of_heir (v int) INHERITS (late_heir);
ALTER TABLE late_heir INHERIT late_parent, INHERIT late_beside;
ALTER TABLE late_parent ADD CONSTRAINT below CHECK (z < 100);
-- Triggers of parts of parts, each in a state of its own.
CREATE TABLE staged (n int) PARTITION BY RANGE (n);
CREATE TABLE staged_1 PARTITION OF staged FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (n);
CREATE TABLE staged_1_1 PARTITION OF staged_1 FOR VALUES FROM (0) TO (5);
CREATE TABLE staged_1_2 PARTITION OF staged_1 FOR VALUES FROM (5) TO (10);
CREATE TRIGGER one AFTER INSERT ON staged FOR EACH ROW EXECUTE FUNCTION seen();
CREATE TRIGGER two AFTER INSERT ON staged FOR EACH ROW EXECUTE FUNCTION seen();
ALTER TABLE staged_1_1 DISABLE TRIGGER one;
ALTER TABLE staged DISABLE TRIGGER two;
ALTER TABLE staged_1_2 ENABLE REPLICA TRIGGER two;
ALTER STATISTICS together SET STATISTICS 321;
