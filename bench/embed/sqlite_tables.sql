-- Three tables for rows that are related over two levels. SQLite takes the keys of a table only with the table, and
-- checks no foreign keys while it is filled.

CREATE TABLE funds (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    currency text NOT NULL,
    opened text NOT NULL
);
CREATE TABLE positions (
    id bigint PRIMARY KEY,
    fund_id bigint NOT NULL REFERENCES funds (id),
    asset text NOT NULL,
    amount bigint NOT NULL
);
CREATE TABLE lots (
    id bigint PRIMARY KEY,
    position_id bigint NOT NULL REFERENCES positions (id),
    quantity bigint NOT NULL,
    note text
);
