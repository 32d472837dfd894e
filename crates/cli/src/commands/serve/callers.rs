//! Who may call the server, and what they may do: the permissions file, and whose tokens are accepted.

use std::path::PathBuf;

use clap::Args;
use mwallet_api::ExposedTables;
use mwallet_auth::{Authority, Permissions, RoleClaim, Trust, VerifyingKey};
use mwallet_db::Engine;

use crate::failure::{Failure, Result};
use crate::permissions::{self, AccountsOptions};
use crate::settings::Settings;
use crate::small_file;

/// Who may call, and what they may do.
#[derive(Args, Clone)]
pub(super) struct CallerOptions {
    /// Who may see and do what; read again on SIGHUP and by a POST to /admin/reload [default: for mWallet's own tables,
    /// a file in the program; for an existing database, nobody may do anything]
    #[arg(long, env = "MWALLET_PERMISSIONS", value_name = "FILE", conflicts_with = "open")]
    permissions: Option<PathBuf>,
    /// Accept tokens that are signed with a secret by HS256: the file with it, of 32 bytes at least
    #[arg(long, env = "MWALLET_JWT_SECRET_FILE", value_name = "FILE", conflicts_with = "open")]
    jwt_secret_file: Option<PathBuf>,
    /// Accept the tokens of another issuer: the file with its JSON Web Key Set, for ES256 or RS256
    #[arg(long, env = "MWALLET_JWKS", value_name = "FILE", conflicts_with = "open", requires = "jwt_audience")]
    jwks: Option<PathBuf>,
    /// Whom the tokens of the other issuer must be for
    #[arg(long, env = "MWALLET_JWT_AUDIENCE", value_name = "NAME", requires = "jwks")]
    jwt_audience: Option<String>,
    /// The member of the other issuer's tokens that names the role, such as app_metadata.role
    #[arg(long, env = "MWALLET_JWT_ROLE", value_name = "MEMBER", default_value = "role")]
    jwt_role: String,
    #[command(flatten)]
    accounts: AccountsOptions,
}

impl CallerOptions {
    /// Checks the files, before anything is created.
    pub(super) fn check(&self, is_own: bool) -> Result<()> {
        self.trust()?;
        if is_own {
            self.permissions(&permissions::tables(None)?, is_own)?;
        }
        Ok(())
    }

    /// Reads the permissions for some tables. `is_own` tells whether they are mWallet's own.
    pub(super) fn permissions(&self, tables: &ExposedTables, is_own: bool) -> Result<Permissions> {
        permissions::read(self.permissions.as_deref(), tables, is_own)
    }

    /// Who knows the senders of requests.
    pub(super) async fn authority(&self, settings: &Settings, engine: &Engine, is_own: bool) -> Result<Authority> {
        self.accounts.authority(settings, engine, is_own, self.trust()?).await
    }

    /// Whose tokens are accepted besides the server's own.
    pub(super) fn trust(&self) -> Result<Trust> {
        let mut trust =
            Trust { audience: self.jwt_audience.clone(), role: RoleClaim::new(&self.jwt_role), ..Trust::default() };
        if let Some(path) = &self.jwt_secret_file {
            let name = path.display().to_string();
            let secret = small_file::read(path)?;
            let key = VerifyingKey::from_secret(secret.trim_ascii_end());
            let short = |error| Failure::caused("", &error).within(&name).hint("`openssl rand -base64 48` makes one");
            trust.keys.push(key.map_err(short)?);
        }
        if let Some(path) = &self.jwks {
            let name = path.display().to_string();
            let document = small_file::read_text(path)?;
            let keys = VerifyingKey::from_set(&document).map_err(|error| Failure::caused("", &error).within(&name))?;
            trust.keys.extend(keys);
        }
        Ok(trust)
    }
}
