-- mwallet: destructive: the rows of transaction_keys
-- mwallet: destructive: the rows of transactions
-- mwallet: destructive: the rows of orders
-- mwallet: destructive: the rows of user_addresses
-- mwallet: destructive: the rows of crypto_addresses
-- mwallet: destructive: the rows of wallets
-- mwallet: destructive: the rows of assets
-- mwallet: destructive: the rows of notice_recipients
-- mwallet: destructive: the rows of app_notices
-- mwallet: destructive: the rows of user_groups
-- mwallet: destructive: the rows of groups
-- mwallet: destructive: the rows of users
-- mwallet: destructive: the rows of organizations
DROP TABLE "transaction_keys";

DROP TABLE "transactions";

DROP TABLE "orders";

DROP TABLE "user_addresses";

DROP TABLE "crypto_addresses";

DROP TABLE "wallets";

DROP TABLE "assets";

DROP TABLE "notice_recipients";

DROP TABLE "app_notices";

DROP TABLE "user_groups";

DROP TABLE "groups";

DROP TABLE "users";

DROP TABLE "organizations";
