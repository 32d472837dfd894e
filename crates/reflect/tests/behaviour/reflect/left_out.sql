-- What no statement is written of, and what needs it.
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE outside (line text) SERVER files OPTIONS (filename '/dev/null');
CREATE VIEW over_outside AS SELECT line FROM outside;
CREATE VIEW over_view AS SELECT line FROM over_outside;
CREATE AGGREGATE product(int) (SFUNC = int4mul, STYPE = int, INITCOND = '1');
CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'C');
CREATE TABLE collated (a text COLLATE plain);
CREATE TABLE kept (id int PRIMARY KEY, n int);
CREATE FUNCTION add(kept, kept) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OPERATOR + (LEFTARG = kept, RIGHTARG = kept, FUNCTION = add);
CREATE FUNCTION as_int(kept) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE CAST (kept AS int) WITH FUNCTION as_int(kept);
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.others (id int PRIMARY KEY);
ALTER TABLE kept ADD CONSTRAINT to_others FOREIGN KEY (n) REFERENCES elsewhere.others;
CREATE PUBLICATION told FOR TABLE kept;
CREATE TEXT SEARCH CONFIGURATION own_words (COPY = simple);
CREATE TEXT SEARCH DICTIONARY own_stems (TEMPLATE = simple);
CREATE OPERATOR CLASS backwards FOR TYPE int USING btree AS
    OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watched ON ddl_command_end EXECUTE FUNCTION watch();
GRANT SELECT ON kept TO PUBLIC;
-- A column that a table took over after it had its own: what makes both tables anew puts it before those.
CREATE TABLE grown (a int);
CREATE TABLE grown_heir (own int) INHERITS (grown);
ALTER TABLE grown ADD b int;
CREATE TABLE grown_heir_of_heir () INHERITS (grown_heir);
