CREATE TABLE "organizations" (
  -- An organization that users belong to.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "organizations_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- What the organization is called.
  "name" TEXT /* text(128) */ NOT NULL,
  -- Where the organization is written to.
  "email" TEXT /* text(254) */,
  -- The number under which a public register lists the organization.
  "registration_number" TEXT /* text(64) */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "organizations_registration_number_key" UNIQUE ("registration_number"),
  CONSTRAINT "organizations_slug_key" UNIQUE ("slug"),
  CONSTRAINT "organizations_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "organizations_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "organizations_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "organizations_name_check" CHECK (length("name") <= 128 AND length("name") >= 1),
  CONSTRAINT "organizations_email_check" CHECK (length("email") <= 254),
  CONSTRAINT "organizations_registration_number_check" CHECK (length("registration_number") <= 64),
  CONSTRAINT "organizations_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "organizations_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE TABLE "users" (
  -- A person or program that trades.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- The identifier by which the outside knows the user, given once and never changed.
  "rsid" TEXT /* text(32) */ NOT NULL,
  -- The name the user chose to sign in with.
  "username" TEXT /* text(64) */ NOT NULL,
  -- Where the user is written to.
  "email" TEXT /* text(254) */ NOT NULL,
  -- The number the user is called at, with the country's prefix.
  "phone" TEXT /* text(32) */,
  -- The given name.
  "first_name" TEXT /* text(64) */,
  -- The family name.
  "last_name" TEXT /* text(64) */,
  -- Whether the user may sign in and trade.
  "is_active" INTEGER /* boolean */ DEFAULT 1 NOT NULL,
  -- The organization the user belongs to.
  "organization_id" INTEGER /* bigint */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "users_email_key" UNIQUE ("email"),
  CONSTRAINT "users_rsid_key" UNIQUE ("rsid"),
  CONSTRAINT "users_slug_key" UNIQUE ("slug"),
  CONSTRAINT "users_username_key" UNIQUE ("username"),
  CONSTRAINT "users_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT,
  CONSTRAINT "users_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "users_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "users_rsid_check" CHECK (length("rsid") <= 32 AND length("rsid") >= 1),
  CONSTRAINT "users_username_check" CHECK (length("username") <= 64 AND length("username") >= 1),
  CONSTRAINT "users_email_check" CHECK (length("email") <= 254),
  CONSTRAINT "users_phone_check" CHECK (length("phone") <= 32),
  CONSTRAINT "users_first_name_check" CHECK (length("first_name") <= 64),
  CONSTRAINT "users_last_name_check" CHECK (length("last_name") <= 64),
  CONSTRAINT "users_is_active_check" CHECK ("is_active" IN (0, 1)),
  CONSTRAINT "users_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "users_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE INDEX "users_organization_id_idx" ON "users" ("organization_id");

CREATE TABLE "groups" (
  -- A set of users who may do the same things.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "groups_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- What the group is called; no other group of its scope has the name.
  "name" TEXT /* text(64) */ NOT NULL,
  -- Where the group counts.
  "scope" TEXT /* text(64) */ DEFAULT 'global' NOT NULL,
  -- What the group is for.
  "description" TEXT /* text */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "groups_scope_name_key" UNIQUE ("scope", "name"),
  CONSTRAINT "groups_slug_key" UNIQUE ("slug"),
  CONSTRAINT "groups_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "groups_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "groups_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "groups_name_check" CHECK (length("name") <= 64 AND length("name") >= 1),
  CONSTRAINT "groups_scope_check" CHECK (length("scope") <= 64),
  CONSTRAINT "groups_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "groups_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE TABLE "user_groups" (
  -- That a user is in a group.
  -- The user.
  "user_id" INTEGER /* bigint */ NOT NULL,
  -- The group.
  "group_id" INTEGER /* bigint */ NOT NULL,
  CONSTRAINT "user_groups_pkey" PRIMARY KEY ("user_id", "group_id"),
  CONSTRAINT "user_groups_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "groups" ("id") ON DELETE CASCADE,
  CONSTRAINT "user_groups_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
) STRICT;

CREATE INDEX "user_groups_group_id_idx" ON "user_groups" ("group_id");

CREATE TABLE "app_notices" (
  -- A notice that its recipients see for a period.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "app_notices_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- What the notice is about, in a line.
  "title" TEXT /* text(256) */ NOT NULL,
  -- What the notice says.
  "message" TEXT /* text */ NOT NULL,
  -- How urgent it is.
  "level" TEXT /* enum */ DEFAULT 'INFO' NOT NULL,
  -- When the notice begins to be shown.
  "start_at" TEXT /* timestamp */ NOT NULL,
  -- When the notice is no longer shown; never, where it is null.
  "end_at" TEXT /* timestamp */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "app_notices_slug_key" UNIQUE ("slug"),
  CONSTRAINT "app_notices_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "app_notices_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "app_notices_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "app_notices_title_check" CHECK (length("title") <= 256 AND length("title") >= 1),
  CONSTRAINT "app_notices_level_check" CHECK ("level" IN ('INFO', 'WARNING', 'CRITICAL')),
  CONSTRAINT "app_notices_start_at_check" CHECK (length("start_at") = 32),
  CONSTRAINT "app_notices_end_at_check" CHECK (length("end_at") = 32),
  CONSTRAINT "app_notices_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "app_notices_updated_at_check" CHECK (length("updated_at") = 32),
  CONSTRAINT "app_notices_period_check" CHECK (start_at <= end_at)
) STRICT;

CREATE INDEX "app_notices_start_at_idx" ON "app_notices" ("start_at");

CREATE TABLE "notice_recipients" (
  -- That a notice is for a user.
  -- The notice.
  "notice_id" INTEGER /* bigint */ NOT NULL,
  -- The user it is for.
  "user_id" INTEGER /* bigint */ NOT NULL,
  CONSTRAINT "notice_recipients_pkey" PRIMARY KEY ("notice_id", "user_id"),
  CONSTRAINT "notice_recipients_notice_id_fkey" FOREIGN KEY ("notice_id") REFERENCES "app_notices" ("id") ON DELETE CASCADE,
  CONSTRAINT "notice_recipients_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
) STRICT;

CREATE INDEX "notice_recipients_user_id_idx" ON "notice_recipients" ("user_id");

CREATE TABLE "assets" (
  -- Something that can be traded: a coin, a token or a currency.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "assets_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- The code that markets use, such as `BTC` or `NGN`.
  "code" TEXT /* text(32) */ NOT NULL,
  -- What the asset is called, such as `Bitcoin`.
  "name" TEXT /* text(64) */ NOT NULL,
  -- The sign before or behind an amount.
  "symbol" TEXT /* text(16) */,
  -- The network the asset moves on; a currency has none.
  "network" TEXT /* text(32) */,
  -- How many digits stand after the point of an amount: 8 for Bitcoin, 2 for Naira.
  "decimals" INTEGER /* smallint */ NOT NULL,
  -- What sort of asset it is.
  "kind" TEXT /* enum */ DEFAULT 'COIN' NOT NULL,
  -- How many blocks must confirm a transaction before it counts.
  "min_confirmations" INTEGER /* integer */ DEFAULT 1 NOT NULL,
  -- Whether the asset can be traded now.
  "is_active" INTEGER /* boolean */ DEFAULT 1 NOT NULL,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "assets_code_key" UNIQUE ("code"),
  CONSTRAINT "assets_slug_key" UNIQUE ("slug"),
  CONSTRAINT "assets_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "assets_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "assets_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "assets_code_check" CHECK (length("code") <= 32 AND length("code") >= 1),
  CONSTRAINT "assets_name_check" CHECK (length("name") <= 64 AND length("name") >= 1),
  CONSTRAINT "assets_symbol_check" CHECK (length("symbol") <= 16),
  CONSTRAINT "assets_network_check" CHECK (length("network") <= 32),
  CONSTRAINT "assets_decimals_check" CHECK ("decimals" BETWEEN -32768 AND 32767 AND "decimals" >= 0 AND "decimals" <= 36),
  CONSTRAINT "assets_kind_check" CHECK ("kind" IN ('COIN', 'TOKEN', 'FIAT')),
  CONSTRAINT "assets_min_confirmations_check" CHECK ("min_confirmations" BETWEEN -2147483648 AND 2147483647 AND "min_confirmations" >= 0),
  CONSTRAINT "assets_is_active_check" CHECK ("is_active" IN (0, 1)),
  CONSTRAINT "assets_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "assets_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE TABLE "wallets" (
  -- A place where an owner keeps an asset.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "wallets_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- The owner's `rsid` as it was given.
  "usid" TEXT /* text(32) */ NOT NULL,
  -- The user that the owner is, if they are one here. A user who owns something cannot be deleted.
  "user_id" INTEGER /* bigint */,
  -- The asset it holds.
  "asset_id" INTEGER /* bigint */ NOT NULL,
  -- What the owner calls it.
  "label" TEXT /* text(50) */,
  -- Whether what it holds waits for the end of a trade.
  "is_escrow" INTEGER /* boolean */ DEFAULT 0 NOT NULL,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "wallets_slug_key" UNIQUE ("slug"),
  CONSTRAINT "wallets_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "wallets_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "assets" ("id") ON DELETE RESTRICT,
  CONSTRAINT "wallets_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE RESTRICT,
  CONSTRAINT "wallets_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "wallets_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "wallets_usid_check" CHECK (length("usid") <= 32 AND length("usid") >= 1),
  CONSTRAINT "wallets_label_check" CHECK (length("label") <= 50),
  CONSTRAINT "wallets_is_escrow_check" CHECK ("is_escrow" IN (0, 1)),
  CONSTRAINT "wallets_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "wallets_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE INDEX "wallets_asset_id_idx" ON "wallets" ("asset_id");

CREATE INDEX "wallets_user_id_idx" ON "wallets" ("user_id");

CREATE INDEX "wallets_usid_idx" ON "wallets" ("usid");

CREATE TABLE "crypto_addresses" (
  -- An address that the server itself uses.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "crypto_addresses_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
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
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "crypto_addresses_slug_key" UNIQUE ("slug"),
  CONSTRAINT "crypto_addresses_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "crypto_addresses_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "crypto_addresses_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "crypto_addresses_address_check" CHECK (length("address") <= 128 AND length("address") >= 1),
  CONSTRAINT "crypto_addresses_network_check" CHECK (length("network") <= 32 AND length("network") >= 1),
  CONSTRAINT "crypto_addresses_is_default_check" CHECK ("is_default" IN (0, 1)),
  CONSTRAINT "crypto_addresses_address_balance_check" CHECK (length("address_balance") = 40),
  CONSTRAINT "crypto_addresses_label_check" CHECK (length("label") <= 50),
  CONSTRAINT "crypto_addresses_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "crypto_addresses_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE INDEX "crypto_addresses_address_idx" ON "crypto_addresses" ("address");

CREATE TABLE "user_addresses" (
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
  "account_key" BLOB /* bytes */,
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

CREATE INDEX "user_addresses_address_idx" ON "user_addresses" ("address");

CREATE INDEX "user_addresses_user_id_idx" ON "user_addresses" ("user_id");

CREATE INDEX "user_addresses_usid_idx" ON "user_addresses" ("usid");

CREATE TABLE "orders" (
  -- Somebody's interest to buy or sell.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "orders_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- The owner's `rsid` as it was given.
  "usid" TEXT /* text(32) */ NOT NULL,
  -- The user that the owner is, if they are one here. A user who owns something cannot be deleted.
  "user_id" INTEGER /* bigint */,
  -- How the order stands.
  "order_type" TEXT /* enum */ DEFAULT 'OPEN' NOT NULL,
  -- What the order is for.
  "asset" TEXT /* enum */ DEFAULT 'BITCOIN' NOT NULL,
  -- When the order begins to count.
  "start" TEXT /* timestamp */ NOT NULL,
  -- When the order is expected to be satisfied.
  "expected_end" TEXT /* timestamp */,
  -- A remark of the owner.
  "memo" TEXT /* text(128) */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "orders_slug_key" UNIQUE ("slug"),
  CONSTRAINT "orders_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "orders_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE RESTRICT,
  CONSTRAINT "orders_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "orders_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "orders_usid_check" CHECK (length("usid") <= 32 AND length("usid") >= 1),
  CONSTRAINT "orders_order_type_check" CHECK ("order_type" IN ('OPEN', 'CLOSED', 'SATISFIED', 'PARTIAL')),
  CONSTRAINT "orders_asset_check" CHECK ("asset" IN ('BITCOIN', 'DASH', 'DOGECOIN', 'LITECOIN', 'NAIRA')),
  CONSTRAINT "orders_start_check" CHECK (length("start") = 32),
  CONSTRAINT "orders_expected_end_check" CHECK (length("expected_end") = 32),
  CONSTRAINT "orders_memo_check" CHECK (length("memo") <= 128),
  CONSTRAINT "orders_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "orders_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE INDEX "orders_user_id_idx" ON "orders" ("user_id");

CREATE INDEX "orders_usid_idx" ON "orders" ("usid");

CREATE TABLE "transactions" (
  -- A transaction of a network, which may be the settlement of an order.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "transactions_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- The order that the transaction settles.
  "order_id" INTEGER /* bigint */,
  -- The network the transaction is on.
  "network" TEXT /* text(32) */ NOT NULL,
  -- The reference that people read to each other.
  "tranx_ref" TEXT /* text(256) */ NOT NULL,
  -- The transaction's identifier on its network.
  "tranx_id" TEXT /* text(256) */ NOT NULL,
  -- Where the value comes from, as the node wrote it.
  "inputs" TEXT /* text */ NOT NULL,
  -- Where the value goes, as the node wrote it.
  "outputs" TEXT /* text */ NOT NULL,
  -- How many blocks confirm the transaction.
  "confirmations" INTEGER /* integer */ DEFAULT 0 NOT NULL,
  -- When the block with the transaction was mined.
  "mined_at" TEXT /* timestamp */,
  -- The public key that signed the transaction.
  "pubkey" BLOB /* bytes */,
  -- Whatever else is known: block, height, size.
  "meta" TEXT /* json */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "transactions_network_tranx_id_key" UNIQUE ("network", "tranx_id"),
  CONSTRAINT "transactions_slug_key" UNIQUE ("slug"),
  CONSTRAINT "transactions_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "transactions_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE RESTRICT,
  CONSTRAINT "transactions_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "transactions_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "transactions_network_check" CHECK (length("network") <= 32 AND length("network") >= 1),
  CONSTRAINT "transactions_tranx_ref_check" CHECK (length("tranx_ref") <= 256 AND length("tranx_ref") >= 1),
  CONSTRAINT "transactions_tranx_id_check" CHECK (length("tranx_id") <= 256 AND length("tranx_id") >= 1),
  CONSTRAINT "transactions_confirmations_check" CHECK ("confirmations" BETWEEN -2147483648 AND 2147483647 AND "confirmations" >= 0),
  CONSTRAINT "transactions_mined_at_check" CHECK (length("mined_at") = 32),
  CONSTRAINT "transactions_meta_check" CHECK (json_valid("meta")),
  CONSTRAINT "transactions_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "transactions_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE INDEX "transactions_network_mined_at_idx" ON "transactions" ("network", "mined_at");

CREATE INDEX "transactions_order_id_idx" ON "transactions" ("order_id");

CREATE INDEX "transactions_tranx_ref_idx" ON "transactions" ("tranx_ref");

CREATE TABLE "transaction_keys" (
  -- A public key that an owner signs transactions with for a time.
  -- The number of the row.
  "id" INTEGER /* bigint */ CONSTRAINT "transaction_keys_pkey" PRIMARY KEY AUTOINCREMENT,
  -- An identifier that is unique everywhere and sorts by the time it was made.
  "uuid" TEXT /* uuid */ NOT NULL,
  -- A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it is never taken for an id or a key.
  "slug" TEXT /* text(128) */ NOT NULL,
  -- The owner's `rsid` as it was given.
  "usid" TEXT /* text(32) */ NOT NULL,
  -- The user that the owner is, if they are one here. A user who owns something cannot be deleted.
  "user_id" INTEGER /* bigint */,
  -- The signature that proves who holds the key.
  "signature" BLOB /* bytes */ NOT NULL,
  -- The public key.
  "pubkey" BLOB /* bytes */ NOT NULL,
  -- When the key begins to count.
  "start" TEXT /* timestamp */ NOT NULL,
  -- When the key ends to count; never, where it is null.
  "end" TEXT /* timestamp */,
  -- When the row was created.
  "created_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- When the row was last changed.
  "updated_at" TEXT /* timestamp */ DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00') NOT NULL,
  -- How often the row was written: 1 at first, and one more with every update.
  "version" INTEGER /* bigint */ DEFAULT 1 NOT NULL,
  CONSTRAINT "transaction_keys_slug_key" UNIQUE ("slug"),
  CONSTRAINT "transaction_keys_uuid_key" UNIQUE ("uuid"),
  CONSTRAINT "transaction_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE RESTRICT,
  CONSTRAINT "transaction_keys_uuid_check" CHECK (length("uuid") = 36),
  CONSTRAINT "transaction_keys_slug_check" CHECK (length("slug") <= 128 AND length("slug") >= 1),
  CONSTRAINT "transaction_keys_usid_check" CHECK (length("usid") <= 32 AND length("usid") >= 1),
  CONSTRAINT "transaction_keys_start_check" CHECK (length("start") = 32),
  CONSTRAINT "transaction_keys_end_check" CHECK (length("end") = 32),
  CONSTRAINT "transaction_keys_created_at_check" CHECK (length("created_at") = 32),
  CONSTRAINT "transaction_keys_updated_at_check" CHECK (length("updated_at") = 32)
) STRICT;

CREATE INDEX "transaction_keys_user_id_idx" ON "transaction_keys" ("user_id");

CREATE INDEX "transaction_keys_usid_idx" ON "transaction_keys" ("usid");
