-- Three tables for rows that are related over two levels. Their keys come after the rows: PostgreSQL would check each row
-- apart.

CREATE TABLE funds (
    id bigint NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    opened text NOT NULL
);
CREATE TABLE positions (
    id bigint NOT NULL,
    fund_id bigint NOT NULL,
    asset text NOT NULL,
    amount bigint NOT NULL
);
CREATE TABLE lots (
    id bigint NOT NULL,
    position_id bigint NOT NULL,
    quantity bigint NOT NULL,
    note text
);
