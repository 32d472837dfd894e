//! How bodies may be written down for their way: as they are, or as gzip, within the same bounds.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt, stream};
use mwallet_api::{App, Limits};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::json;

use crate::support::{Answer, app, get, send, state};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

async fn post(app: &App, coding: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post("/rest/v1/orders").header("content-type", "application/json");
    send(app, request.header("content-encoding", coding).body(body.into()).unwrap()).await
}

fn said(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap().to_owned())
}

#[both_engines]
async fn gzip_is_taken_and_other_codings_are_refused(db: TestDb) {
    let app = app(&db).await;
    let row = |slug: &str| json!({"usid": "ada", "slug": slug, "start": 0}).to_string();
    let rows = format!("[{},{}]", row("third"), row("fourth"));
    // Two parts, as `cat a.gz b.gz` makes.
    let parts = [gzip(&rows.as_bytes()[..20]), gzip(&rows.as_bytes()[20..])].concat();
    for (coding, body) in
        [("identity", row("first").into_bytes()), ("gzip", gzip(row("second").as_bytes())), ("GZIP", parts)]
    {
        assert_eq!(post(&app, coding, body).await.status, 201, "{coding}");
    }
    let slugs = get(&app, "/rest/v1/orders?select=slug&order=id").await.json();
    assert_eq!(slugs, json!([{"slug": "first"}, {"slug": "second"}, {"slug": "third"}, {"slug": "fourth"}]));

    for coding in ["br", "deflate", "zstd", "gzip, gzip", "quoted-printable"] {
        let refused = post(&app, coding, row("fifth")).await;
        assert_eq!(said(&refused), (415, "PGRST107".into()), "{coding}: {}", refused.text);
        assert_eq!(refused.header("accept-encoding"), Some("gzip, identity"));
    }
}

#[both_engines]
async fn a_body_that_is_no_whole_gzip_is_refused(db: TestDb) {
    let app = app(&db).await;
    let whole = gzip(br#"{"usid": "ada", "start": 0}"#);
    let mut wrong_sum = whole.clone();
    let sum = whole.len() - 8;
    wrong_sum[sum] ^= 1;
    for body in [
        Vec::new(),
        b"{\"usid\": \"ada\", \"start\": 0}".to_vec(),
        whole[..5].to_vec(),
        whole[..whole.len() - 9].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        wrong_sum,
        [&whole[..], b"more"].concat(),
    ] {
        let refused = post(&app, "gzip", body.clone()).await;
        assert_eq!(said(&refused), (400, "PGRST102".into()), "{body:?}: {}", refused.text);
    }
    assert_eq!(get(&app, "/rest/v1/orders").await.text, "[]");
}

#[both_engines]
async fn what_is_unpacked_is_bounded(db: TestDb) {
    let limits = Limits { body_bytes: 10_000, ..Limits::default() };
    let app = App::new(state(&db).await.limits(limits));
    let of_size = |size: usize| {
        let row = r#"{"usid": "ada", "start": 0}"#;
        gzip(format!("{row}{}", " ".repeat(size - row.len())).as_bytes())
    };
    assert_eq!(post(&app, "gzip", of_size(10_000)).await.status, 201);
    assert_eq!(said(&post(&app, "gzip", of_size(10_001)).await), (413, "54000".into()));

    // A hundred megabytes of spaces; the first few hundred bytes are more than may be.
    let bomb = of_size(100_000_000);
    let taken = Arc::new(AtomicUsize::new(0));
    let pieces: Vec<Bytes> = bomb.chunks(1_000).map(Bytes::copy_from_slice).collect();
    assert!(pieces.len() > 50);
    let counted = stream::iter(pieces).map({
        let taken = taken.clone();
        move |piece| {
            taken.fetch_add(1, Relaxed);
            Ok::<_, std::io::Error>(piece)
        }
    });
    assert_eq!(said(&post(&app, "gzip", Body::from_stream(counted)).await), (413, "54000".into()));
    assert!(taken.load(Relaxed) < 5, "{} pieces were read", taken.load(Relaxed));

    // What says nothing for ever is bounded too: headers of parts that are empty.
    let nothing = Bytes::from(gzip(b""));
    let endless = stream::repeat_with(move || Ok::<_, std::io::Error>(nothing.clone()));
    assert_eq!(said(&post(&app, "gzip", Body::from_stream(endless)).await), (413, "54000".into()));
}
