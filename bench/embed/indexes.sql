-- The indexes by which related rows are found, for PostgreSQL and SQLite alike.

CREATE INDEX positions_fund_id_idx ON positions (fund_id);
CREATE INDEX lots_position_id_idx ON lots (position_id);
