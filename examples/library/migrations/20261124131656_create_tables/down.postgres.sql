-- mwallet: destructive: the rows of books
-- mwallet: destructive: the rows of authors
DROP TABLE "books";

DROP TABLE "authors";
