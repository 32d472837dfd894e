//! Metrics of requests and of the database.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, Handler};
use mwallet_testkit::{Dialect, TestDb, both_engines};

use crate::support::{get, send, state};

#[both_engines]
async fn requests_are_counted_by_route_and_the_database_tells_what_it_uses(db: TestDb) {
    let (state, page) = state(&db).await.metrics();
    let app = App::new(state);
    let read = async || {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let response = page.handle(request).await;
        let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(response.headers()["content-type"], media_type);
        let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(text.to_vec()).unwrap()
    };
    for _ in 0..3 {
        assert_eq!(get(&app, "/rest/v1/orders?memo=eq.secret&limit=1").await.status, 200);
    }
    assert_eq!(get(&app, "/rest/v1/orders/secret").await.status, 404);
    assert_eq!(get(&app, "/rest/v1/secrets").await.status, 404);
    let delete = Request::delete("/rest/v1/orders").body(Body::empty()).unwrap();
    assert_eq!(send(&app, delete).await.status, 400);
    // One whose client has left, and one that was not read to its end.
    drop(Box::pin(app.handle(Request::get("/rest/v1/orders").body(Body::empty()).unwrap())));

    let text = read().await;
    for line in [
        r#"mwallet_requests_total{method="GET",route="/rest/v1/orders",status="200"} 3"#,
        r#"mwallet_requests_total{method="GET",route="/rest/v1/orders/{identifier}",status="404"} 1"#,
        r#"mwallet_requests_total{method="GET",route="/rest/v1/{unknown}",status="404"} 1"#,
        r#"mwallet_requests_total{method="DELETE",route="/rest/v1/orders",status="400"} 1"#,
        r#"mwallet_request_seconds_count{route="/rest/v1/orders"} 4"#,
        r#"mwallet_request_seconds_bucket{le="+Inf",route="/rest/v1/orders"} 4"#,
        "mwallet_requests_running 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains("secret"), "{text}");
    let value = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}\n{text}"));
        line.trim().parse().unwrap()
    };
    assert!(value("mwallet_database_calls_total") >= 4);
    assert!(value("mwallet_resident_memory_bytes") > 1_000_000);
    match db.dialect() {
        Dialect::Sqlite => {
            assert!(value("mwallet_log_bytes") > 0);
            assert_eq!(value("mwallet_writer_queue"), 0);
        }
        Dialect::Postgres => {
            assert!(value(r#"mwallet_database_connections{state="open"}"#) >= 1);
            assert!(value(r#"mwallet_database_connections{state="most"}"#) >= 1);
        }
    }
}
