COMMENT ON COLUMN "user_addresses"."account_key" IS 'The key of the account: taken, and never answered.';
