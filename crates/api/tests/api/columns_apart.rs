//! Columns that are apart: those that keep their value, and secrets, wherever they are read from.

use axum::body::Body;
use mwallet_api::App;
use mwallet_db::Error;
use mwallet_models::User;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Answer, app, behind, get, post, post_returning, reflected, write};

/// Two users, Ada and Ben.
async fn users(db: &TestDb) -> App {
    let app = app(db).await;
    for name in ["ada", "ben"] {
        let user = json!({"rsid": name, "username": name, "email": format!("{name}@example.org"), "slug": name});
        assert_eq!(post(&app, "/rest/v1/users", user.to_string()).await.status, 201);
    }
    app
}

async fn names(app: &App) -> Value {
    get(app, "/rest/v1/users?select=rsid,first_name&order=id").await.json()
}

fn refused(answer: &Answer) {
    let error = &answer.json()["errors"][0];
    assert_eq!((answer.status.as_u16(), &error["loc"], &error["type"]), (422, &json!("/rsid"), &json!("immutable")));
}

#[both_engines]
async fn what_is_given_once_is_not_changed(db: TestDb) {
    let app = users(&db).await;
    let before = names(&app).await;
    let patch =
        async |path: &str, body: &str| write(&app, "PATCH", path, "return=representation", body.to_owned()).await;
    refused(&patch("/rest/v1/users/ada", r#"{"rsid": "eve"}"#).await);
    // Of several rows, of which one has the value, none is changed.
    refused(&patch("/rest/v1/users?id=gt.0", r#"{"rsid": "ada", "first_name": "X"}"#).await);
    assert_eq!(names(&app).await, before);

    // The value that it has is no change, with others and by itself.
    let changed = patch("/rest/v1/users/ada", r#"{"rsid": "ada", "first_name": "Ada"}"#).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["first_name"]), (200, &json!("Ada")), "{}", changed.text);
    assert_eq!(patch("/rest/v1/users/ada", r#"{"rsid": "ada"}"#).await.json()["rsid"], "ada");
    // A row that the filter does not find is nobody's business.
    assert_eq!(patch("/rest/v1/users?username=eq.ada&id=gt.0", r#"{"rsid": "ada"}"#).await.json()[0]["rsid"], "ada");
    assert_eq!(write(&app, "PATCH", "/rest/v1/users/nobody", "return=minimal", r#"{"rsid": "x"}"#).await.status, 404);
}

#[both_engines]
async fn a_row_that_is_put_keeps_it(db: TestDb) {
    let app = users(&db).await;
    let put = async |rsid: &str| {
        let user = json!({"rsid": rsid, "username": "ada", "email": "ada@example.org", "first_name": "Ada"});
        write(&app, "PUT", "/rest/v1/users/ada", "return=representation", user.to_string()).await
    };
    refused(&put("eve").await);
    assert_eq!(names(&app).await[0], json!({"rsid": "ada", "first_name": null}));
    let replaced = put("ada").await;
    assert_eq!((replaced.status.as_u16(), &replaced.json()["first_name"]), (200, &json!("Ada")), "{}", replaced.text);
}

#[both_engines]
async fn an_upsert_keeps_it_or_is_undone(db: TestDb) {
    let app = users(&db).await;
    let upsert = async |rsid: &str| {
        let user = |slug: &str, rsid: &str| {
            let email = format!("{slug}@example.org");
            json!({"slug": slug, "rsid": rsid, "username": slug, "email": email, "first_name": "New"})
        };
        let rows = json!([user("cid", "cid"), user("ben", rsid)]).to_string();
        let prefer = "resolution=merge-duplicates,return=representation";
        write(&app, "POST", "/rest/v1/users?on_conflict=slug&select=rsid", prefer, rows).await
    };
    refused(&upsert("eve").await);
    let rows = names(&app).await;
    assert_eq!(rows, json!([{"rsid": "ada", "first_name": null}, {"rsid": "ben", "first_name": null}]));
    let merged = upsert("ben").await;
    assert_eq!((merged.status.as_u16(), merged.json()), (201, json!([{"rsid": "cid"}, {"rsid": "ben"}])));
    assert_eq!(names(&app).await[1], json!({"rsid": "ben", "first_name": "New"}));
    // By the column itself, the row is the one that has the value.
    let user = json!({"rsid": "ben", "username": "ben", "email": "ben@example.org", "last_name": "Bit"}).to_string();
    let merged = write(&app, "POST", "/rest/v1/users?on_conflict=rsid", "resolution=merge-duplicates", user).await;
    assert!(merged.status.is_success(), "{}", merged.text);
}

#[both_engines]
async fn programs_keep_it_too(db: TestDb) {
    users(&db).await;
    let ada = || User::find().identifier("ada");
    let mut user = ada().one(&db.engine).await.unwrap().unwrap();
    let refused = ada().update(&db.engine, [User::RSID.set("eve")]).await.unwrap_err();
    assert!(matches!(&refused, Error::Immutable { columns } if columns == &["rsid"]), "{refused:?}");

    user.first_name = Some("Ada".into());
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.update(&user);
    session.commit().await.unwrap();
    let mut user = ada().one(&db.engine).await.unwrap().unwrap();
    assert_eq!((user.rsid.as_str(), user.first_name.as_deref()), ("ada", Some("Ada")));
    user.rsid = "eve".into();
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.update(&user);
    let refused = session.flush().await.unwrap_err();
    assert!(matches!(refused, Error::Immutable { .. }), "{refused:?}");
}

#[both_engines]
async fn secrets_stay_secrets_where_our_tables_are_reflected(db: TestDb) {
    let own = app(&db).await;
    let address = json!({"usid": "ada", "address": "a", "network": "bitcoin", "account_key": "c2VjcmV0"});
    let made = post_returning(&own, "/rest/v1/user_addresses", address.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    behind(
        &db,
        "CREATE VIEW keys AS SELECT id, account_key AS shown FROM user_addresses;
                 CREATE VIEW views AS SELECT id, shown AS again FROM keys",
    )
    .await;
    let app = reflected(&db).await;

    for (path, secret) in [("user_addresses", "account_key"), ("keys", "shown"), ("views", "again")] {
        let rows = get(&app, &format!("/rest/v1/{path}")).await;
        assert_eq!((rows.status.as_u16(), rows.json()[0].get(secret)), (200, None), "{}", rows.text);
        for query in [format!("{secret}=not.is.null"), format!("select={secret}"), format!("order={secret}")] {
            let answer = get(&app, &format!("/rest/v1/{path}?{query}")).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("42703")), "{query}");
        }
    }
    // It is taken, and never answered.
    let changed = write(
        &app,
        "PATCH",
        "/rest/v1/user_addresses?id=eq.1",
        "return=representation",
        json!({"account_number": "7"}).to_string(),
    )
    .await;
    assert_eq!((changed.status.as_u16(), changed.json()[0].get("account_key")), (200, None), "{}", changed.text);
    assert_eq!(
        write(&app, "DELETE", "/rest/v1/user_addresses?id=eq.1", "return=minimal", Body::empty()).await.status,
        204
    );
}
