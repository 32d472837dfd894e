//! A real block goes in and comes out right.

use std::io::Write;
use std::process::Stdio;

use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::Value;

use crate::support::{Server, call_on, program, testdata};

const BLOCK: &str = "bitcoin-main-block-300025.json";
const TRANSACTIONS: usize = 461;

/// A number of coins in the smallest unit, from its digits alone.
fn satoshi(number: &Value) -> i128 {
    let Value::Number(number) = number else { panic!("{number} is no number") };
    let text = number.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    assert!(fraction.len() <= 8, "{text}");
    format!("{whole}{fraction:0<8}").parse().unwrap()
}

fn sum(outputs: &Value) -> i128 {
    outputs.as_array().unwrap().iter().map(|output| satoshi(&output["value"])).sum()
}

#[both_engines]
async fn a_block_goes_in_once_and_comes_out_to_the_last_digit(db: TestDb) {
    let file = testdata(BLOCK);
    let arguments = ["import", "block", file.to_str().unwrap(), "--network", "bitcoin"];
    let first = call_on(&db, &arguments);
    assert_eq!((first.code, first.out.as_str()), (0, "461 transactions, 461 new\n"), "{}", first.err);
    let again = call_on(&db, &arguments);
    assert_eq!((again.code, again.out.as_str()), (0, "461 transactions, 0 new\n"), "{}", again.err);

    let block: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let transactions = block["tx"].as_array().unwrap();
    let expected: i128 = transactions.iter().map(|transaction| sum(&transaction["vout"])).sum();

    let server = Server::start(&db);
    let rows: Vec<Value> = serde_json::from_str(&server.get("/rest/v1/transactions")).unwrap();
    assert_eq!(rows.len(), TRANSACTIONS);
    let outputs = rows.iter().map(|row| sum(&serde_json::from_str(row["outputs"].as_str().unwrap()).unwrap()));
    assert_eq!(outputs.sum::<i128>(), expected);
    assert!(expected > 0);

    let txid = transactions[7]["txid"].as_str().unwrap();
    let found = server.get(&format!("/rest/v1/transactions?network=eq.bitcoin&tranx_id=eq.{txid}"));
    let found: Value = serde_json::from_str(&found).unwrap();
    let (row, meta) = (&found[0], &found[0]["meta"]);
    assert_eq!(meta["block_hash"], block["hash"]);
    assert_eq!((&meta["height"], &meta["size"]), (&block["height"], &transactions[7]["size"]));
    assert_eq!(row["mined_at"], "2014-05-10T09:20:34+00:00");
    assert_eq!(row["confirmations"], 1);
    assert_eq!(row["order_id"], Value::Null);
    let inputs: Value = serde_json::from_str(row["inputs"].as_str().unwrap()).unwrap();
    assert_eq!(inputs, transactions[7]["vin"]);
    assert!(server.stop().success());
}

#[both_engines]
async fn a_block_comes_by_the_standard_input(db: TestDb) {
    let mut program = program(db.folder.path());
    let arguments = ["import", "block", "-", "--network", "bitcoin", "--json", "--database-url", &db.url.expose()];
    let mut child = program.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let block = std::fs::read_to_string(testdata(BLOCK)).unwrap();
    let mut input = child.stdin.take().unwrap();
    write!(input, "{{\"result\":{block},\"error\":null,\"id\":1}}").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["transactions"], &said["new"]), (&Value::from(TRANSACTIONS), &Value::from(TRANSACTIONS)));
}

#[both_engines]
async fn a_block_of_another_network_changes_nothing(db: TestDb) {
    let file = testdata(BLOCK);
    for network in ["litecoin", "dogecoin", "dash"] {
        let done = call_on(&db, &["import", "block", file.to_str().unwrap(), "--network", network]);
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{network}");
        let told =
            format!("the block is not of {network}: tx[0].vout[0] has the address 1KFHE7w8BhaENAswwryaoccDb6qcT6DbYY");
        assert!(
            done.err.starts_with(&format!("error: {}: {told}, which is of bitcoin\nhint: ", file.display())),
            "{}",
            done.err
        );
    }
    // One digit of one transaction.
    let whole = std::fs::read_to_string(file).unwrap();
    let changed = whole.replacen("\"txid\":\"1305", "\"txid\":\"1306", 1);
    std::fs::write(db.folder.path().join("changed.json"), changed).unwrap();
    let done = call_on(&db, &["import", "block", "changed.json", "--network", "bitcoin"]);
    let told = "error: changed.json: the block was changed: its transactions are not those of its merkleroot";
    assert!(done.code == 1 && done.err.starts_with(told), "{}", done.err);
    assert!(mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap().tables.is_empty());
}

#[both_engines]
async fn what_is_no_block_changes_nothing(db: TestDb) {
    let folder = db.folder.path();
    std::fs::write(folder.join("broken.json"), "{\n\"tx\": [oops]}").unwrap();
    std::fs::write(folder.join("other.json"), "{}").unwrap();
    let whole = std::fs::read_to_string(testdata(BLOCK)).unwrap();
    std::fs::write(folder.join("claims.json"), whole.replace("\"nTx\":461", "\"nTx\":462")).unwrap();
    for (file, message) in [
        ("missing.json", "error: cannot read missing.json: No such file"),
        ("broken.json", "error: broken.json: it cannot be read as JSON: expected a value at line 2 column 8"),
        ("other.json", "error: other.json: it holds no block with its transactions: tx is missing"),
        ("claims.json", "error: claims.json: the block says that it has 462 transactions, and holds 461"),
    ] {
        let done = call_on(&db, &["import", "block", file, "--network", "bitcoin"]);
        assert_eq!(done.code, 1);
        assert!(done.err.starts_with(message), "{}", done.err);
    }
    let done = call_on(&db, &["import", "block", "other.json", "--network", "bitcoins"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("[possible values: bitcoin, litecoin, dogecoin, dash]"), "{}", done.err);
}
