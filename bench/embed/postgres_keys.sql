-- The keys of the tables, with the names that they get where they are written in the tables.

ALTER TABLE funds ADD PRIMARY KEY (id);
ALTER TABLE positions ADD PRIMARY KEY (id);
ALTER TABLE lots ADD PRIMARY KEY (id);
ALTER TABLE positions ADD FOREIGN KEY (fund_id) REFERENCES funds (id);
ALTER TABLE lots ADD FOREIGN KEY (position_id) REFERENCES positions (id);
