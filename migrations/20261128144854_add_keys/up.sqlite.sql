CREATE TABLE "api_keys" (
  -- A key by which a program calls the server.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "api_keys_pkey" PRIMARY KEY AUTOINCREMENT,
  -- What the key is called.
  "name" TEXT /* text(64) */ NOT NULL,
  -- Who may have it.
  "kind" TEXT /* enum */ DEFAULT 'PUBLISHABLE' NOT NULL,
  -- The role of those who call with it.
  "role" TEXT /* text(64) */ NOT NULL,
  -- The hash of the key, by which it is found. The key itself is not stored.
  "hash" TEXT /* text(64), write-only */ NOT NULL,
  -- When it ends; never, where it is null.
  "expires_at" TEXT /* timestamp */,
  -- When it was revoked.
  "revoked_at" TEXT /* timestamp */,
  -- When it was last used, within a minute.
  "last_used_at" TEXT /* timestamp */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "api_keys_hash_key" UNIQUE ("hash"),
  CONSTRAINT "api_keys_name_key" UNIQUE ("name"),
  CONSTRAINT "api_keys_name_check" CHECK (length("name") <= 64 AND length("name") >= 1),
  CONSTRAINT "api_keys_kind_check" CHECK ("kind" IN ('PUBLISHABLE', 'SECRET')),
  CONSTRAINT "api_keys_role_check" CHECK (length("role") <= 64 AND length("role") >= 1),
  CONSTRAINT "api_keys_hash_check" CHECK (length("hash") <= 64 AND length("hash") >= 64),
  CONSTRAINT "api_keys_expires_at_check" CHECK (length("expires_at") = 32),
  CONSTRAINT "api_keys_revoked_at_check" CHECK (length("revoked_at") = 32),
  CONSTRAINT "api_keys_last_used_at_check" CHECK (length("last_used_at") = 32),
  CONSTRAINT "api_keys_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "api_keys_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE TABLE "signing_keys" (
  -- A key that signs tokens. The newest that is not retired signs; the others verify what they signed.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "signing_keys_pkey" PRIMARY KEY AUTOINCREMENT,
  -- The name of the key in tokens and in the document of keys.
  "kid" TEXT /* text(64) */ NOT NULL,
  -- The private key, in the form of PKCS#8.
  "private_key" BLOB /* bytes, write-only */ NOT NULL,
  -- When another took its place.
  "retired_at" TEXT /* timestamp */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "signing_keys_kid_key" UNIQUE ("kid"),
  CONSTRAINT "signing_keys_kid_check" CHECK (length("kid") <= 64 AND length("kid") >= 1),
  CONSTRAINT "signing_keys_retired_at_check" CHECK (length("retired_at") = 32),
  CONSTRAINT "signing_keys_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "signing_keys_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;
