//! Addresses: which network one is of, by its prefix and checksum.

use serde_json::Value;

use crate::{Block, BlockError, Network, double_sha256, other};

/// How the addresses of a network begin.
struct Form {
    /// What the network is called.
    name: &'static str,
    /// The network that is imported; test networks are not.
    network: Option<Network>,
    /// The first byte behind base58.
    versions: &'static [u8],
    /// What stands before the last `1` of bech32.
    prefixes: &'static [&'static str],
}

/// From `chainparams.cpp` of each network's node. Litecoin's older addresses of scripts begin as those of Bitcoin do.
const FORMS: &[Form] = &[
    Form { name: "bitcoin", network: Some(Network::Bitcoin), versions: &[0x00, 0x05], prefixes: &["bc"] },
    Form {
        name: "litecoin",
        network: Some(Network::Litecoin),
        versions: &[0x30, 0x32, 0x05],
        prefixes: &["ltc", "ltcmweb"],
    },
    Form { name: "dogecoin", network: Some(Network::Dogecoin), versions: &[0x1e, 0x16], prefixes: &[] },
    Form { name: "dash", network: Some(Network::Dash), versions: &[0x4c, 0x10], prefixes: &[] },
    Form { name: "a test network of bitcoin", network: None, versions: &[0x6f, 0xc4], prefixes: &["tb", "bcrt"] },
    Form {
        name: "a test network of litecoin",
        network: None,
        versions: &[0x6f, 0xc4, 0x3a],
        prefixes: &["tltc", "rltc", "tmweb"],
    },
    Form { name: "a test network of dogecoin", network: None, versions: &[0x71, 0x6f, 0xc4], prefixes: &[] },
    Form { name: "a test network of dash", network: None, versions: &[0x8c, 0x13], prefixes: &[] },
];

/// Refuses a block one of whose addresses is not of the network; gives how many of them are.
pub(crate) fn check(block: &Block, network: Network) -> Result<usize, BlockError> {
    let mut count = 0;
    for (index, transaction) in block.transactions.iter().enumerate() {
        for (part, text) in [("vout", &transaction.vout), ("vin", &transaction.vin)] {
            let items: Value = serde_json::from_str(text)
                .map_err(|error| BlockError::caused(format!("tx[{index}].{part} cannot be read"), error))?;
            for (at, item) in items.as_array().into_iter().flatten().enumerate() {
                for address in addresses(item) {
                    check_one(address, &format!("tx[{index}].{part}[{at}]"), network)?;
                    count += 1;
                }
            }
        }
    }
    Ok(count)
}

/// The addresses of an output, or of what an input spends, where the node tells it: one in newer nodes, a list in
/// older.
fn addresses(item: &Value) -> impl Iterator<Item = &str> {
    let scripts = [&item["scriptPubKey"], &item["prevout"]["scriptPubKey"]];
    scripts.into_iter().flat_map(|script| {
        let many = script["addresses"].as_array().into_iter().flatten();
        many.chain([&script["address"]]).filter_map(Value::as_str)
    })
}

fn check_one(address: &str, place: &str, network: Network) -> Result<(), BlockError> {
    let forms = forms(address);
    if forms.iter().any(|form| form.network == Some(network)) {
        return Ok(());
    }
    let error = |of: &str| other(network, &format!("{place} has the address {address}, which is {of}"));
    if forms.is_empty() {
        return Err(error("of no network that is known here, or miswritten"));
    }
    let names: Vec<&str> = forms.iter().map(|form| form.name).collect();
    let error = error(&format!("of {}", names.join(" or ")));
    let networks: Vec<Network> = forms.iter().filter_map(|form| form.network).collect();
    Err(match networks.is_empty() {
        true => error.advice("blocks of test networks are not imported"),
        false => error.read_as(networks),
    })
}

/// The networks that an address can be of; none where its checksum is wrong.
fn forms(address: &str) -> Vec<&'static Form> {
    let version = version(address);
    let prefix = bech32::decode(address).ok().map(|(prefix, _)| prefix.to_lowercase());
    let is_of = |form: &&Form| {
        version.is_some_and(|version| form.versions.contains(&version))
            || prefix.as_deref().is_some_and(|prefix| form.prefixes.contains(&prefix))
    };
    FORMS.iter().filter(is_of).collect()
}

/// The first byte of an address in base58 with its checksum: a version, a hash of 20 bytes, four bytes of the hash of
/// both.
fn version(address: &str) -> Option<u8> {
    let bytes = bs58::decode(address).into_vec().ok()?;
    let (content, checksum) = bytes.split_last_chunk::<4>()?;
    (content.len() == 21 && double_sha256(content).starts_with(checksum)).then(|| content[0])
}
