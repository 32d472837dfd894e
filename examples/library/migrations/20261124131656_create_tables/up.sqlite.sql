CREATE TABLE "authors" (
  -- Whoever writes books.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "authors_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT /* text(80) */ NOT NULL,
  CONSTRAINT "authors_name_key" UNIQUE ("name"),
  CONSTRAINT "authors_name_check" CHECK (length("name") <= 80 AND length("name") >= 1)
) STRICT;

CREATE TABLE "books" (
  -- What they write.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "books_pkey" PRIMARY KEY AUTOINCREMENT,
  "title" TEXT /* text(200) */ NOT NULL,
  "author_id" INTEGER /* bigint */ NOT NULL,
  CONSTRAINT "books_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "authors" ("id") ON DELETE RESTRICT,
  CONSTRAINT "books_title_check" CHECK (length("title") <= 200)
) STRICT;

CREATE INDEX "books_author_id_idx" ON "books" ("author_id");
