-- Every construct that a database of SQLite may have, at least once.
CREATE TABLE types (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    small SMALLINT, big BIGINT, flag BOOLEAN, exact NUMERIC, priced DECIMAL(10, 2), double DOUBLE PRECISION, single FLOAT,
    plain TEXT, limited NVARCHAR(5), folded TEXT COLLATE NOCASE, raw BLOB, day DATE, at DATETIME, typeless, odd GEOMETRY,
    doubled INTEGER GENERATED ALWAYS AS (small * 2) STORED, tripled GENERATED ALWAYS AS (small * 3) VIRTUAL,
    made TEXT DEFAULT 'x', made_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE strict_types (id INTEGER PRIMARY KEY, number REAL NOT NULL, thing ANY) STRICT;

CREATE TABLE parents (a INT, b TEXT, "mixed Case" INT UNIQUE, PRIMARY KEY (b, a), UNIQUE (a)) WITHOUT ROWID;
CREATE TABLE children (
    id INTEGER PRIMARY KEY,
    b TEXT, a INT,
    first INT REFERENCES parents (a) ON DELETE CASCADE ON UPDATE SET NULL,
    second INT REFERENCES Parents (a) DEFERRABLE INITIALLY DEFERRED,
    parent INT REFERENCES children ON DELETE RESTRICT,
    state TEXT CHECK (state IN ('open', 'closed')),
    share REAL CHECK (share >= 0 AND share <= 1),
    label VARCHAR(20) CONSTRAINT label_length CHECK (length(label) BETWEEN 2 AND 10),
    FOREIGN KEY (b, a) REFERENCES parents,
    CHECK (first < second)
);
CREATE INDEX plain ON children (state, label);
CREATE UNIQUE INDEX one_open ON children (first) WHERE state = 'open';
CREATE UNIQUE INDEX lower_label ON children (lower(label));
CREATE UNIQUE INDEX unique_share ON children (share);
CREATE INDEX downward ON children (label DESC);
CREATE INDEX folded_plain ON types (plain COLLATE NOCASE);

CREATE TABLE chickens (id INTEGER PRIMARY KEY, egg INT REFERENCES eggs);
CREATE TABLE eggs (id INTEGER PRIMARY KEY, chicken INT REFERENCES chickens);
CREATE TABLE chickens_eggs (chicken INT REFERENCES chickens, egg INT REFERENCES eggs, PRIMARY KEY (chicken, egg));
CREATE TABLE no_key (line TEXT);
CREATE TABLE strays (id INTEGER PRIMARY KEY, lost INT REFERENCES nowhere (id));
CREATE TABLE "select" ("from" INT PRIMARY KEY, "a.b" INT, "say ""hi""" INT, [naïve 列] TEXT, `back tick` INT);
CREATE VIRTUAL TABLE words USING fts5 (body);

CREATE VIEW open_children AS SELECT id, label AS title FROM children WHERE state = 'open';
CREATE VIEW of_view AS SELECT title FROM open_children;
CREATE TRIGGER into_open INSTEAD OF INSERT ON open_children BEGIN
    INSERT INTO children (label, state) VALUES (NEW.title, 'open');
END;
CREATE TRIGGER watched AFTER UPDATE ON children BEGIN SELECT 1; END;
