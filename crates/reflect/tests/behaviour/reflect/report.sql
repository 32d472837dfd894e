-- What a description of tables says nothing of, once each.
CREATE EXTENSION pg_stat_statements;
CREATE TABLE alike (a int, b int, c int, CONSTRAINT carried UNIQUE (b) INCLUDE (c));
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN
        ALTER TABLE alike ADD CONSTRAINT alike_a UNIQUE NULLS NOT DISTINCT (a);
        CREATE UNIQUE INDEX alike_c ON alike (c) NULLS NOT DISTINCT;
    END IF;
END $$;
CREATE TABLE bases (n int, CONSTRAINT alone CHECK (n > 0) NO INHERIT, CONSTRAINT odd CHECK (n % 2 = 1) NO INHERIT);
ALTER TABLE bases ADD CONSTRAINT late CHECK (n < 100) NOT VALID;
CREATE UNLOGGED TABLE drafts (line text);
CREATE VIEW several AS SELECT n FROM bases WHERE n > 5 WITH LOCAL CHECK OPTION;
CREATE VIEW fewer AS SELECT n FROM several WHERE n > 6 WITH CASCADED CHECK OPTION;
CREATE RULE kept AS ON DELETE TO drafts DO INSTEAD NOTHING;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE PROCEDURE clean() LANGUAGE sql AS 'DELETE FROM public.drafts';
CREATE AGGREGATE product(int) (SFUNC = int4mul, STYPE = int);
CREATE SEQUENCE ticks;
CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), plain serial);
CREATE TYPE mood AS ENUM ('sad');
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

CREATE TABLE whole (id int NOT NULL, n int, at int DEFAULT 1, CONSTRAINT small CHECK (n < 9)) PARTITION BY LIST (id);
CREATE INDEX whole_n ON whole (n);
CREATE TRIGGER of_all AFTER INSERT ON whole FOR EACH ROW EXECUTE FUNCTION seen();
CREATE UNLOGGED TABLE part PARTITION OF whole FOR VALUES IN (1);
ALTER TABLE part ADD CONSTRAINT own_key PRIMARY KEY (id), ADD CONSTRAINT own_unique UNIQUE (n),
    ADD CONSTRAINT own_check CHECK (n > 1), ADD CONSTRAINT own_reference FOREIGN KEY (n) REFERENCES part (n),
    ADD CONSTRAINT own_exclusion EXCLUDE USING btree (at WITH =), ALTER at SET DEFAULT 2, ALTER at SET NOT NULL;
CREATE INDEX own_index ON part (at);
CREATE TRIGGER own_trigger AFTER INSERT ON part FOR EACH ROW EXECUTE FUNCTION seen();
CREATE RULE own_rule AS ON UPDATE TO part DO ALSO NOTHING;
CREATE POLICY own_policy ON part USING (true);
CREATE TABLE plain_part PARTITION OF whole DEFAULT;

COMMENT ON CONSTRAINT late ON bases IS 'Not too many';
COMMENT ON CONSTRAINT own_check ON part IS 'Of a part';
COMMENT ON INDEX whole_n IS 'By number';
COMMENT ON TRIGGER of_all ON whole IS 'Seen';
COMMENT ON RULE kept ON drafts IS 'Nothing goes';
COMMENT ON POLICY own_policy ON part IS 'All';
COMMENT ON TYPE mood IS 'How it feels';
COMMENT ON SEQUENCE ticks IS 'Of a clock';
COMMENT ON FUNCTION twice(int) IS 'Two of them';
COMMENT ON AGGREGATE product(int) IS 'All of them';
