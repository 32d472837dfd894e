//! Addresses that are nearly right: a table whose name is mistyped, and a slash at the end.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, Tables};
use mwallet_db::schema::Table;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::Value;

use crate::support::{app, get, send};

both_engines! {
    async fn an_unknown_table_suggests_the_nearest(db: TestDb) {
        let app = app(&db).await;
        for (path, meant) in [
            ("/rest/v1/ordres", Some("orders")),
            ("/rest/v1/Orders/7", Some("orders")),
            ("/rest/v1/user%20groups?user_id=eq.1", Some("user_groups")),
            ("/rest/v1/assets2", Some("assets")),
            ("/rest/v1/invoices", None),
            ("/rest/v1/_mwallet_migrations", None),
        ] {
            let answer = get(&app, path).await;
            let hint = meant.map(|name| format!("Perhaps you meant the table 'public.{name}'"));
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &"PGRST205".into()), "{path}");
            assert_eq!(answer.json()["hint"], Value::from(hint), "{path}");
        }
        // Whatever the method, and however long the name.
        for method in ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let request = Request::builder().method(method).uri("/rest/v1/ordres").body(Body::empty()).unwrap();
            assert_eq!(send(&app, request).await.status, 404, "{method}");
        }
        let long = get(&app, &format!("/rest/v1/{}", "orders".repeat(5_000))).await;
        assert_eq!((long.status.as_u16(), &long.json()["hint"]), (404, &Value::Null));
    }

    async fn only_tables_that_are_served_are_suggested(db: TestDb) {
        let tables: Vec<&Table> = mwallet_models::tables().into_iter().filter(|table| table.name != "orders").collect();
        db.engine.create_all(&mwallet_models::tables()).await.unwrap();
        let app = App::new(AppState::new(db.engine.clone(), Tables::new(tables).unwrap()));
        let answer = get(&app, "/rest/v1/orders").await;
        assert_eq!((answer.status.as_u16(), &answer.json()["hint"]), (404, &Value::Null));
    }
}
