//! Determines the network of an address from its prefix and checksum.

use serde_json::Value;

use crate::{Block, BlockError, Network, double_sha256, other};

/// The address formats of a network.
struct Form {
    /// The name of the network.
    name: &'static str,
    /// The network, if it can be imported; test networks cannot.
    network: Option<Network>,
    /// The version bytes of base58 addresses.
    versions: &'static [u8],
    /// The prefixes of bech32 addresses, before the last `1`.
    prefixes: &'static [&'static str],
}

/// From `chainparams.cpp` of each network's node. Old script addresses of Litecoin have the same version as
/// Bitcoin's.
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

/// Rejects a block with an address of another network. Returns the number of addresses of the network.
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

/// Returns the addresses of an output, or of the output that an input spends, if the node includes it. Newer nodes
/// report one address, older ones a list.
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

/// Returns the networks that an address may belong to; none if its checksum is wrong.
fn forms(address: &str) -> Vec<&'static Form> {
    let version = version(address);
    let prefix = bech32::decode(address).ok().map(|(prefix, _)| prefix.to_lowercase());
    let is_of = |form: &&Form| {
        version.is_some_and(|version| form.versions.contains(&version))
            || prefix.as_deref().is_some_and(|prefix| form.prefixes.contains(&prefix))
    };
    FORMS.iter().filter(is_of).collect()
}

/// Returns the version byte of a base58 address with a valid checksum: a version, a hash of 20 bytes, and four bytes
/// of the hash of both.
fn version(address: &str) -> Option<u8> {
    let bytes = bs58::decode(address).into_vec().ok()?;
    let (content, checksum) = bytes.split_last_chunk::<4>()?;
    (content.len() == 21 && double_sha256(content).starts_with(checksum)).then(|| content[0])
}
