//! Tests blocks of each network, derived from a real one of Bitcoin with other addresses and headers.

use bech32::{Hrp, segwit};
use serde_json::{Value, json};

use super::*;

/// Returns a real block, unmodified.
fn real() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/bitcoin-main-block-300025.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn base58(version: u8, hash: [u8; 20]) -> String {
    let mut bytes = [&[version][..], &hash].concat();
    let checksum = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend(&checksum[..4]);
    bs58::encode(bytes).into_string()
}

fn segwit(prefix: &str) -> String {
    segwit::encode_v0(Hrp::parse(prefix).unwrap(), &[7; 20]).unwrap()
}

/// Returns a small block with these output addresses and a matching header and hash.
fn block(network: Network, addresses: &[String]) -> Value {
    let mut block = real();
    let transactions = block["tx"].as_array_mut().unwrap();
    transactions.truncate(3);
    for transaction in transactions {
        transaction["vout"] = addresses.iter().map(|address| json!({"scriptPubKey": {"address": address}})).collect();
    }
    block["nTx"] = 3.into();
    block["merkleroot"] = merkleroot(&block).into();
    name(network, &mut block);
    block
}

/// Returns the Merkle root of three transactions.
fn merkleroot(block: &Value) -> String {
    let hash = |at: usize| read_hash(block["tx"][at]["txid"].as_str().unwrap()).unwrap();
    let two = |a: [u8; 32], b: [u8; 32]| double_sha256(&[a, b].concat());
    print_hash(two(two(hash(0), hash(1)), two(hash(2), hash(2))))
}

/// Sets the hash of a block as its network computes it, except for Dash, whose hash is not computed here.
fn name(network: Network, block: &mut Value) {
    let number = |name: &str| u32::try_from(block[name].as_u64().unwrap()).unwrap().to_le_bytes();
    let hash = |name: &str| read_hash(block[name].as_str().unwrap()).unwrap();
    let bits = u32::from_str_radix(block["bits"].as_str().unwrap(), 16).unwrap().to_le_bytes();
    let header = [
        &number("version")[..],
        &hash("previousblockhash"),
        &hash("merkleroot"),
        &number("time"),
        &bits,
        &number("nonce"),
    ];
    block["hash"] = match network {
        Network::Dash => "0".repeat(20) + &"5".repeat(44),
        _ => print_hash(double_sha256(&header.concat())),
    }
    .into();
}

/// Returns the complete error, if there is one.
fn checked(block: &Value, network: Network) -> Option<String> {
    let block = Block::parse(block.to_string().as_bytes()).unwrap();
    check(&block, network).err().map(|failure| format!("{failure:?}"))
}

#[track_caller]
fn assert_refused(block: &Value, network: Network, part: &str) {
    let failure = checked(block, network).expect("it is refused");
    assert!(failure.contains(part), "{part} is not in {failure}");
}

/// Returns a key address and a script address.
fn own(network: Network) -> Vec<String> {
    let versions: &[u8] = match network {
        Network::Bitcoin => &[0x00, 0x05],
        Network::Litecoin => &[0x30, 0x32, 0x05],
        Network::Dogecoin => &[0x1e, 0x16],
        Network::Dash => &[0x4c, 0x10],
    };
    versions.iter().map(|version| base58(*version, [9; 20])).collect()
}

#[test]
fn a_real_block_of_bitcoin_is_of_bitcoin_alone() {
    assert_eq!(checked(&real(), Network::Bitcoin), None);
    for network in [Network::Litecoin, Network::Dogecoin, Network::Dash] {
        let told = format!(
            "the block is not of {network}: tx[0].vout[0] has the address 1KFHE7w8BhaENAswwryaoccDb6qcT6DbYY, which \
             is of bitcoin"
        );
        assert_refused(&real(), network, &told);
        assert_refused(&real(), network, "ReadAs([Bitcoin])");
    }
}

#[test]
fn a_block_is_of_the_network_of_its_addresses() {
    for network in [Network::Litecoin, Network::Dogecoin, Network::Dash] {
        let block = block(network, &own(network));
        assert_eq!(checked(&block, network), None);
        let first = block["tx"][0]["vout"][0]["scriptPubKey"]["address"].as_str().unwrap();
        for another in Network::ALL.into_iter().filter(|another| *another != network) {
            let told = format!("is not of {another}: tx[0].vout[0] has the address {first}, which is of {network}");
            assert_refused(&block, another, &told);
        }
    }
}

#[test]
fn older_addresses_of_scripts_do_not_convict_a_block_of_litecoin() {
    let shared = base58(0x05, [9; 20]);
    assert!(shared.starts_with('3'));
    let made = block(Network::Litecoin, std::slice::from_ref(&shared));
    assert_eq!(checked(&made, Network::Litecoin), None);
    // Nor do they suit Dogecoin, which never had them.
    assert_refused(&made, Network::Dogecoin, "which is of bitcoin or litecoin");
}

#[test]
fn addresses_of_witnesses_tell_by_their_prefix() {
    for (prefix, network) in [("bc", Network::Bitcoin), ("ltc", Network::Litecoin)] {
        for address in [segwit(prefix), segwit(prefix).to_uppercase()] {
            for another in Network::ALL {
                let made = block(another, std::slice::from_ref(&address));
                let told = format!("has the address {address}, which is of {network}");
                match another == network {
                    // A Bitcoin header cannot be produced here.
                    true if network == Network::Bitcoin => {
                        assert_refused(&made, another, "no proof of work of bitcoin")
                    }
                    true => assert_eq!(checked(&made, another), None),
                    false => assert_refused(&made, another, &told),
                }
            }
        }
    }
}

#[test]
fn every_place_of_an_address_is_looked_at() {
    let foreign = base58(0x00, [1; 20]);
    let mut made = block(Network::Litecoin, &own(Network::Litecoin));
    made["tx"][2]["vout"][1]["scriptPubKey"] = json!({"addresses": [own(Network::Litecoin)[0], foreign]});
    assert_refused(&made, Network::Litecoin, &format!("tx[2].vout[1] has the address {foreign}"));
    let mut made = block(Network::Litecoin, &own(Network::Litecoin));
    made["tx"][1]["vin"][0]["prevout"] = json!({"scriptPubKey": {"address": foreign}});
    assert_refused(&made, Network::Litecoin, &format!("tx[1].vin[0] has the address {foreign}"));
}

#[test]
fn what_is_no_address_and_what_is_of_a_test_network_is_refused() {
    let miswritten = own(Network::Litecoin)[0].replace('L', "M");
    let unknown = base58(0x99, [1; 20]);
    for address in [miswritten.as_str(), "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", &unknown, "", "1"] {
        let made = block(Network::Litecoin, &[address.to_owned()]);
        assert_refused(&made, Network::Litecoin, "of no network that is known here, or miswritten");
    }
    for (address, network) in [(base58(0x6f, [1; 20]), Network::Bitcoin), (segwit("tltc"), Network::Litecoin)] {
        let made = block(network, std::slice::from_ref(&address));
        assert_refused(&made, network, "which is of a test network of");
        assert_refused(&made, network, "blocks of test networks are not imported");
    }
}

#[test]
fn a_header_tells_where_there_are_no_addresses() {
    let without = |mut block: Value| {
        for transaction in block["tx"].as_array_mut().unwrap() {
            transaction["vout"] = json!([{"scriptPubKey": {"hex": "51"}}]);
        }
        block
    };
    let bitcoin = without(real());
    assert_eq!(checked(&bitcoin, Network::Bitcoin), None);
    for network in [Network::Litecoin, Network::Dogecoin, Network::Dash] {
        assert_refused(&bitcoin, network, "the hash of its header is a proof of work of bitcoin");
        let made = without(block(network, &[]));
        assert_eq!(checked(&made, network), None);
        let as_bitcoin = if network == Network::Dash { "the block was changed" } else { "no proof of work of bitcoin" };
        assert_refused(&made, Network::Bitcoin, as_bitcoin);
    }
    assert_refused(&without(block(Network::Litecoin, &[])), Network::Dash, "by which dash names no block");

    // An incomplete header does not reveal the network; an address does.
    for part in ["version", "previousblockhash", "merkleroot", "bits", "nonce"] {
        let mut made = without(block(Network::Litecoin, &[]));
        made.as_object_mut().unwrap().remove(part);
        assert_refused(&made, Network::Litecoin, "nothing tells whether the block is of litecoin");
        let mut made = block(Network::Litecoin, &own(Network::Litecoin));
        made.as_object_mut().unwrap().remove(part);
        assert_eq!(checked(&made, Network::Litecoin), None);
    }
}

#[test]
fn a_header_that_is_not_of_its_hash_is_refused() {
    for (part, value) in [
        ("nonce", json!(1)),
        ("time", json!(1_399_713_635)),
        ("version", json!(3)),
        ("bits", json!("1900896d")),
        ("previousblockhash", json!("0".repeat(64))),
        ("hash", json!("0".repeat(64))),
    ] {
        let mut block = real();
        block[part] = value;
        assert_refused(&block, Network::Bitcoin, "the block was changed: its hash is 00000000");
    }
    for (part, value) in [
        ("nonce", json!(-1)),
        ("nonce", json!(1_i64 << 32)),
        ("bits", json!("x")),
        ("time", json!(-1)),
        ("previousblockhash", json!("é".repeat(32))),
    ] {
        let mut block = real();
        block[part] = value;
        assert_refused(&block, Network::Bitcoin, &format!("its {part} is none of a header"));
    }
    // A valid hash without proof of work is not enough.
    let mut easy = block(Network::Bitcoin, &own(Network::Bitcoin));
    easy["nonce"] = 1.into();
    name(Network::Bitcoin, &mut easy);
    assert_refused(&easy, Network::Bitcoin, "the hash of its header is no proof of work of bitcoin");
    // Bitcoin never had a target that every hash meets.
    easy["bits"] = "207fffff".into();
    for nonce in 0..64 {
        easy["nonce"] = nonce.into();
        name(Network::Bitcoin, &mut easy);
        assert_refused(&easy, Network::Bitcoin, "the hash of its header is no proof of work of bitcoin");
    }
}

#[test]
fn the_first_block_has_none_before_it() {
    // The genesis block of Bitcoin.
    let transaction = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";
    let genesis = json!({
        "hash": "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f", "confirmations": 1, "height": 0,
        "version": 1,
        "merkleroot": transaction, "time": 1_231_006_505, "nonce": 2_083_236_893, "bits": "1d00ffff", "nTx": 1,
        "tx": [{"txid": transaction, "vin": [], "vout": []}],
    });
    assert_eq!(checked(&genesis, Network::Bitcoin), None);
    assert_refused(&genesis, Network::Litecoin, "a proof of work of bitcoin");
}

#[test]
fn transactions_are_those_of_the_header() {
    for network in Network::ALL {
        let whole = if network == Network::Bitcoin { real() } else { block(network, &own(network)) };
        let mut fewer = whole.clone();
        fewer["tx"].as_array_mut().unwrap().pop();
        fewer.as_object_mut().unwrap().remove("nTx");
        assert_refused(&fewer, network, "its transactions are not those of its merkleroot");
        let mut swapped = whole.clone();
        swapped["tx"].as_array_mut().unwrap().swap(0, 1);
        assert_refused(&swapped, network, "its transactions are not those of its merkleroot");
        // An odd last hash is paired with itself, so the root is unchanged.
        let mut twice = whole.clone();
        let last = twice["tx"].as_array().unwrap().last().unwrap().clone();
        twice["tx"].as_array_mut().unwrap().push(last);
        twice.as_object_mut().unwrap().remove("nTx");
        assert_refused(&twice, network, " stands in it twice");
    }
}
