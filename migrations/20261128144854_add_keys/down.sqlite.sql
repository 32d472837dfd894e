-- mwallet: destructive: the rows of signing_keys
-- mwallet: destructive: the rows of api_keys
DROP TABLE "signing_keys";

DROP TABLE "api_keys";
