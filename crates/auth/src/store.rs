//! What the database knows of keys and users.

use mwallet_db::schema::{Record, Timestamp, Value};
use mwallet_db::{Engine, Entity, Filter, Operand, Query, Result, crud};
use mwallet_models::{ApiKey, Group as GroupEntity, SigningKey as SigningKeyEntity, User, UserGroup};

use crate::permissions::Group;

/// A user, as permissions know them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownUser {
    pub(crate) id: i64,
    pub(crate) rsid: String,
    pub(crate) is_active: bool,
    pub(crate) groups: Vec<Group>,
}

/// Returns all keys of programs.
pub(crate) async fn api_keys(engine: &Engine) -> Result<Vec<ApiKey>> {
    ApiKey::find().all(engine).await
}

/// Returns all keys that sign tokens, the newest first.
pub(crate) async fn signing_keys(engine: &Engine) -> Result<Vec<SigningKeyEntity>> {
    let mut keys = SigningKeyEntity::find().all(engine).await?;
    keys.sort_by_key(|key| std::cmp::Reverse(key.key.id.get().copied()));
    Ok(keys)
}

/// Records that a key was used.
pub(crate) async fn used(engine: &Engine, id: i64, at: Timestamp) -> Result<()> {
    let query = Query::new().identifier(id);
    crud::update_all(engine, ApiKey::table(), &query, Record::from([("last_used_at", at)])).await?;
    Ok(())
}

/// Returns the user with this UUID. A text that is none names nobody.
pub(crate) async fn user(engine: &Engine, uuid: &str) -> Result<Option<KnownUser>> {
    let Ok(uuid) = Value::parse(&mwallet_db::schema::ColumnType::Uuid, uuid) else { return Ok(None) };
    let found = User::find().filter(Filter::eq("uuid", Operand::Value(uuid))).one(engine).await?;
    let Some(user) = found else { return Ok(None) };
    let Some(id) = user.key.id.get().copied() else { return Ok(None) };
    let members = UserGroup::find().filter(Filter::eq("user_id", id)).all(engine).await?;
    let ids: Vec<i64> = members.iter().filter_map(|member| member.group_id.id()).collect();
    let groups = match ids.is_empty() {
        true => Vec::new(),
        false => GroupEntity::find().filter(Filter::in_("id", ids)).all(engine).await?,
    };
    let groups = groups.into_iter().map(|group| Group { scope: group.scope, name: group.name }).collect();
    Ok(Some(KnownUser { id, rsid: user.rsid, is_active: user.is_active, groups }))
}
