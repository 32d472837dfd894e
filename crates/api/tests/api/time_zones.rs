//! Times in the zone that a client prefers: at any depth, in every form of rows, of reads and of writes.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::App;
use mwallet_testkit::{Dialect, TestDb, both_engines, run};
use serde_json::json;

use crate::support::{Answer, app, behind, exchange, get, post, reflected, send, write};

/// The zone of the tests, whose clocks are turned back at 2026-11-01T09:00:00Z.
const ZONE: &str = "timezone=America/Los_Angeles";

/// Orders on both sides of that hour, of one user.
async fn filled(db: &TestDb) -> App {
    let app = app(db).await;
    let user = r#"{"username": "ada", "rsid": "ada", "email": "ada@example.org"}"#;
    assert_eq!(post(&app, "/rest/v1/users", user).await.status, 201);
    let orders = json!([
        { "usid": "ada", "slug": "before", "user_id": 1, "start": "2026-11-01T08:30:00Z", "expected_end": null },
        { "usid": "ada", "slug": "after", "user_id": 1, "start": "2026-11-01T09:30:00.25Z",
          "expected_end": "2027-07-01T00:00:00Z" },
    ]);
    let made = post(&app, "/rest/v1/orders", orders.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    app
}

async fn read(app: &App, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    send(app, request.body(Body::empty()).unwrap()).await
}

#[both_engines]
async fn times_have_the_offset_of_the_zone(db: TestDb) {
    let app = filled(&db).await;
    let orders = "/rest/v1/orders?select=slug,start,expected_end&order=id";
    let plain = get(&app, orders).await;
    assert_eq!(plain.header("preference-applied"), None);
    assert_eq!(plain.json()[0]["start"], "2026-11-01T08:30:00+00:00");

    let rows = r#"[{"slug":"before","start":"2026-11-01T01:30:00-07:00","expected_end":null},{"slug":"after","start":"2026-11-01T01:30:00.25-08:00","expected_end":"2027-06-30T17:00:00-07:00"}]"#;
    // In one piece and as a stream.
    for path in [orders.to_owned(), format!("{orders}&limit=5"), format!("{orders}&limit=5000")] {
        for (name, value) in [("prefer", ZONE), ("prefer", "timezone=america/los_angeles")] {
            let moved = read(&app, &path, &[(name, value)]).await;
            assert_eq!((moved.text.as_str(), moved.header("preference-applied")), (rows, Some(ZONE)), "{path}");
        }
    }
    let counted = read(&app, orders, &[("prefer", "count=exact"), ("prefer", ZONE)]).await;
    let applied = format!("count=exact, {ZONE}");
    assert_eq!((counted.text.as_str(), counted.header("preference-applied")), (rows, Some(applied.as_str())));

    let one = read(&app, "/rest/v1/orders/before?select=start", &[("prefer", ZONE)]).await;
    assert_eq!(one.text, r#"{"start":"2026-11-01T01:30:00-07:00"}"#);
    assert_eq!(one.header("preference-applied"), Some(ZONE));
    let object = "application/vnd.pgrst.object+json;nulls=stripped";
    let only = read(&app, &format!("{orders}&slug=eq.before"), &[("prefer", ZONE), ("accept", object)]).await;
    assert_eq!(only.text, r#"{"slug":"before","start":"2026-11-01T01:30:00-07:00"}"#);
    let csv = read(&app, orders, &[("prefer", ZONE), ("accept", "text/csv")]).await;
    assert!(csv.text.ends_with("after,2026-11-01T01:30:00.25-08:00,2027-06-30T17:00:00-07:00\r\n"), "{}", csv.text);
    // Numbers in strings are not a part of the document.
    let request = Request::get("/rest/v1/orders/before").header("prefer", ZONE).header("prefer", "numbers=string");
    let all = exchange(&app, request.body(Body::empty()).unwrap()).await.json();
    assert!(all["id"] == "1" && !all["created_at"].as_str().unwrap().ends_with("+00:00"), "{all}");
}

#[both_engines]
async fn times_of_related_rows_too(db: TestDb) {
    let app = filled(&db).await;
    let moved = async |path: &str| read(&app, path, &[("prefer", ZONE)]).await.text;
    assert_eq!(
        moved("/rest/v1/users?select=username,orders(start)&orders.order=id").await,
        r#"[{"username":"ada","orders":[{"start":"2026-11-01T01:30:00-07:00"},{"start":"2026-11-01T01:30:00.25-08:00"}]}]"#
    );
    assert_eq!(
        moved("/rest/v1/users?select=...orders(start,expected_end)&orders.order=id").await,
        r#"[{"start":["2026-11-01T01:30:00-07:00","2026-11-01T01:30:00.25-08:00"],"expected_end":[null,"2027-06-30T17:00:00-07:00"]}]"#
    );
    assert_eq!(
        moved("/rest/v1/orders?select=slug,users(orders(end:expected_end))&slug=eq.after&users.orders.order=id.desc")
            .await,
        r#"[{"slug":"after","users":{"orders":[{"end":"2027-06-30T17:00:00-07:00"},{"end":null}]}}]"#
    );
    let spread = moved("/rest/v1/orders?select=start,...users(born:created_at)&slug=eq.before").await;
    assert!(spread.starts_with(r#"[{"start":"2026-11-01T01:30:00-07:00","born":""#), "{spread}");
    assert!(!spread.contains("+00:00"), "{spread}");
}

#[both_engines]
async fn written_rows_too_and_filters_are_as_ever(db: TestDb) {
    let app = filled(&db).await;
    let prefer = format!("return=representation, {ZONE}");
    let body = r#"{"usid": "bola", "slug": "new", "user_id": 1, "start": "2026-07-01T12:00:00Z"}"#;
    let made = write(&app, "POST", "/rest/v1/orders?select=slug,start", &prefer, body).await;
    assert_eq!(made.text, r#"[{"slug":"new","start":"2026-07-01T05:00:00-07:00"}]"#);
    assert_eq!(made.header("preference-applied"), Some(prefer.as_str()));
    let body = r#"{"usid": "bola", "start": "2026-07-01T13:00:00+01:00", "user_id": 1}"#;
    let put = write(&app, "PUT", "/rest/v1/orders/new?select=start", &prefer, body).await;
    assert_eq!(put.text, r#"{"start":"2026-07-01T05:00:00-07:00"}"#);
    // Rows that are read again, with related ones.
    let path =
        "/rest/v1/orders?slug=eq.new&select=start,users(orders(start))&users.orders.limit=1&users.orders.order=id";
    let changed = write(&app, "PATCH", path, &prefer, r#"{"memo": "x"}"#).await;
    let row = r#"[{"start":"2026-07-01T05:00:00-07:00","users":{"orders":[{"start":"2026-11-01T01:30:00-07:00"}]}}]"#;
    assert_eq!(changed.text, row);
    // What the zone shows can be used to find the row.
    for filter in ["2026-07-01T05:00:00-07:00", "2026-07-01T12:00:00Z"] {
        let path = format!("/rest/v1/orders?select=slug&start=eq.{filter}");
        assert_eq!(read(&app, &path, &[("prefer", ZONE)]).await.text, r#"[{"slug":"new"}]"#);
    }
    // A date is its start in UTC, whatever the zone.
    let day = read(&app, "/rest/v1/orders?select=slug&start=gte.2026-11-01&order=id", &[("prefer", ZONE)]).await;
    assert_eq!(day.text, r#"[{"slug":"before"},{"slug":"after"}]"#);
    let deleted = write(&app, "DELETE", "/rest/v1/orders?slug=eq.new&select=start", &prefer, "").await;
    assert_eq!(deleted.text, r#"[{"start":"2026-07-01T05:00:00-07:00"}]"#);
    let kept = get(&app, "/rest/v1/orders?select=start&slug=eq.before").await;
    assert_eq!(kept.text, r#"[{"start":"2026-11-01T08:30:00+00:00"}]"#);
}

#[both_engines]
async fn an_unknown_zone_is_ignored_or_refused(db: TestDb) {
    let app = filled(&db).await;
    let path = "/rest/v1/orders?select=start&slug=eq.before";
    for prefer in ["timezone=Jupiter/Red_Spot", "timezone=", "handling=lenient, timezone=-07:00"] {
        let ignored = read(&app, path, &[("prefer", prefer)]).await;
        assert_eq!(ignored.text, r#"[{"start":"2026-11-01T08:30:00+00:00"}]"#, "{prefer}");
        assert!(!ignored.header("preference-applied").unwrap_or_default().contains("timezone"), "{prefer}");
    }
    let refused = read(&app, path, &[("prefer", "handling=strict, timezone=Jupiter/Red_Spot")]).await;
    let (status, code, message, _) = refused.told();
    assert_eq!(
        (status, code.as_str(), message.as_str()),
        (400, "PGRST122", "unknown preferences: timezone=Jupiter/Red_Spot")
    );
    let strict = format!("handling=strict, {ZONE}");
    let applied = read(&app, path, &[("prefer", strict.as_str())]).await;
    assert_eq!(applied.text, r#"[{"start":"2026-11-01T01:30:00-07:00"}]"#);
    assert_eq!(applied.header("preference-applied"), Some(strict.as_str()));
}

#[both_engines]
async fn every_instant_stays_the_same(db: TestDb) {
    let app = app(&db).await;
    for (start, zone, shown) in [
        // Beyond what zones are known for, and where the local year would be another one than 1 to 9999.
        ("9999-12-31T23:59:59.999999Z", "Asia/Tokyo", "9999-12-31T23:59:59.999999+00:00"),
        ("9999-12-30T12:00:00Z", "Asia/Tokyo", "9999-12-30T21:00:00+09:00"),
        ("0001-01-01T00:00:00Z", "America/New_York", "0001-01-01T00:00:00+00:00"),
        // Local mean time has seconds, and RFC 3339 has not.
        ("1850-01-01T00:00:00Z", "America/New_York", "1849-12-31T19:04:00-04:56"),
        ("2026-01-01T00:00:00Z", "Asia/Kathmandu", "2026-01-01T05:45:00+05:45"),
    ] {
        let body = json!({ "usid": "ada", "slug": "time", "start": start }).to_string();
        let prefer = format!("return=representation, timezone={zone}");
        let put = write(&app, "PUT", "/rest/v1/orders/time?select=start", &prefer, body).await;
        assert_eq!(put.text, json!({ "start": shown }).to_string(), "{start} in {zone}");
    }
}

#[test]
fn times_of_an_existing_database_too() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE DOMAIN instant AS timestamptz;
                   CREATE TABLE events (id int PRIMARY KEY, at timestamptz(0), d instant, local timestamp, day date,
                       many timestamptz[], span tstzrange, doc jsonb);
                   INSERT INTO events VALUES (1, '2026-11-01T08:30:00Z', '2026-11-01T09:30:00Z', '2026-11-01 08:30',
                       '2026-11-01', '{2026-11-01T08:30:00Z,NULL,infinity}', '[2026-11-01T08:30:00Z,)',
                       '\"2026-11-01T08:30:00+00:00\"'), (2, '-infinity', '10000-01-01T00:00:00Z', NULL, NULL, '{}', NULL, NULL)";
        behind(&db, sql).await;
        let app = reflected(&db).await;
        let moved = read(&app, "/rest/v1/events?order=id", &[("prefer", ZONE)]).await.json();
        assert_eq!(moved[0]["at"], "2026-11-01T01:30:00-07:00");
        assert_eq!(moved[0]["d"], "2026-11-01T01:30:00-08:00");
        assert_eq!(moved[0]["many"], json!(["2026-11-01T01:30:00-07:00", null, "infinity"]));
        // Local times have no zone, and what is within other types is as the database writes it.
        let plain = get(&app, "/rest/v1/events?order=id").await.json();
        for column in ["local", "day", "span", "doc"] {
            assert_eq!(moved[0][column], plain[0][column], "{column}");
        }
        assert_eq!(moved[1], plain[1]);
    });
}

#[test]
fn local_times_of_an_existing_file_are_as_they_are() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let sql = "CREATE TABLE events (id INTEGER PRIMARY KEY, at DATETIME);
                   INSERT INTO events VALUES (1, '2026-11-01 08:30:00'), (2, '2026-11-01T08:30:00+00:00'), (3, 5)";
        behind(&db, sql).await;
        let app = reflected(&db).await;
        let path = "/rest/v1/events?order=id";
        assert_eq!(read(&app, path, &[("prefer", ZONE)]).await.text, get(&app, path).await.text);
    });
}
