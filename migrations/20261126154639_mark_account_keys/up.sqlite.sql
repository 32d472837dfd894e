PRAGMA legacy_alter_table = ON;

-- alter column user_addresses.account_key: bytes, null to bytes, null, write-only
CREATE TABLE "mwallet_new_user_addresses" (
  -- An address of a user, with the account behind it where there is one.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "user_addresses_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- The owner's `rsid` as it was given.
  "usid" TEXT /* text(32) */ NOT NULL,
  -- The user that the owner is, if they are one here. A user who owns something cannot be deleted.
  "user_id" INTEGER /* bigint */,
  -- The address as the network writes it.
  "address" TEXT /* text(128) */ NOT NULL,
  -- The network the address is on.
  "network" TEXT /* text(32) */ NOT NULL,
  -- Whether this is the address to use where none was chosen.
  "is_default" INTEGER /* boolean */ DEFAULT 0 NOT NULL,
  -- What the address held when it was last looked at.
  "address_balance" TEXT /* decimal(38, 18) */ DEFAULT '000000000000000000000.000000000000000000' NOT NULL,
  -- A short name for the address.
  "label" TEXT /* text(50) */,
  -- What the address is for.
  "description" TEXT /* text */,
  -- The number of the account that the address belongs to.
  "account_number" TEXT /* text(64) */,
  -- The key of the account: taken, and never answered.
  "account_key" BLOB /* bytes, write-only */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "user_addresses_slug_key" UNIQUE ("slug"),
  CONSTRAINT "user_addresses_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "user_addresses_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE RESTRICT,
  CONSTRAINT "user_addresses_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "user_addresses_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "user_addresses_usid_check" CHECK (length("usid") <= 32 AND length("usid") >= 1),
  CONSTRAINT "user_addresses_address_check" CHECK (length("address") <= 128 AND length("address") >= 1),
  CONSTRAINT "user_addresses_network_check" CHECK (length("network") <= 32 AND length("network") >= 1),
  CONSTRAINT "user_addresses_is_default_check" CHECK ("is_default" IN (0, 1)),
  CONSTRAINT "user_addresses_address_balance_check" CHECK (length("address_balance") = 40),
  CONSTRAINT "user_addresses_label_check" CHECK (length("label") <= 50),
  CONSTRAINT "user_addresses_account_number_check" CHECK (length("account_number") <= 64),
  CONSTRAINT "user_addresses_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "user_addresses_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

INSERT INTO "mwallet_new_user_addresses" ("id", "uuid", "slug", "usid", "user_id", "address", "network", "is_default", "address_balance", "label", "description", "account_number", "account_key", "created_at", "updated_at", "version") SELECT "id", "uuid", "slug", "usid", "user_id", "address", "network", "is_default", "address_balance", "label", "description", "account_number", "account_key", "created_at", "updated_at", "version" FROM "user_addresses";

DELETE FROM sqlite_sequence WHERE name = 'mwallet_new_user_addresses';

INSERT INTO sqlite_sequence (name, seq) SELECT 'mwallet_new_user_addresses', seq FROM sqlite_sequence WHERE name = 'user_addresses';

DROP TABLE "user_addresses";

ALTER TABLE "mwallet_new_user_addresses" RENAME TO "user_addresses";

PRAGMA legacy_alter_table = OFF;

CREATE INDEX "user_addresses_address_idx" ON "user_addresses" ("address");

CREATE INDEX "user_addresses_user_id_idx" ON "user_addresses" ("user_id");

CREATE INDEX "user_addresses_usid_idx" ON "user_addresses" ("usid");
