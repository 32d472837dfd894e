//! What no table says: triggers.

use super::Work;
use crate::error::Result;
use crate::reflect::fields::ask;
use crate::reflect::{Construct, Finding, Standing};
use crate::session::Session;
use crate::statement::Sql;

const SQL: &str = "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name, name";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, Sql::new(SQL), "tt").await? {
        let (table, name) = (fields.text()?, fields.text()?);
        let standing = Standing::Unsupported("the database runs it, unseen".into());
        work.found.findings.push(Finding { schema: None, table, construct: Construct::Trigger, name, standing });
    }
    Ok(())
}
