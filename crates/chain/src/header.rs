//! Checks the header of a block: its hash, its proof of work, and the Merkle root of its transactions.

use std::collections::HashSet;

use crate::{Block, BlockError, Header, Network, double_sha256, other, print_hash, read_hash};

/// The highest proof-of-work target of Bitcoin, as a big-endian 256-bit number.
const BITCOIN_LIMIT: [u8; 32] = {
    let mut limit = [0; 32];
    (limit[4], limit[5]) = (0xff, 0xff);
    limit
};

/// Rejects a block whose transactions do not match its header.
pub(crate) fn check_transactions(block: &Block) -> Result<(), BlockError> {
    let Some(stated) = &block.header.merkleroot else { return Ok(()) };
    let mut seen = HashSet::new();
    // A list with repeated transactions at its end can have the same root as one without them.
    if let Some(twice) = block.transactions.iter().find(|transaction| !seen.insert(&transaction.txid)) {
        return Err(changed(&format!("the transaction {} stands in it twice", twice.txid)));
    }
    let hashes = block.transactions.iter().map(|transaction| read_hash(&transaction.txid));
    let root = hashes.collect::<Option<Vec<_>>>().and_then(root);
    match root.is_some() && root == read_hash(stated) {
        true => Ok(()),
        false => Err(changed("its transactions are not those of its merkleroot")),
    }
}

/// Computes the Merkle root: hashes are paired, and an odd last one is paired with itself.
fn root(mut hashes: Vec<[u8; 32]>) -> Option<[u8; 32]> {
    while hashes.len() > 1 {
        let pair = |pair: &[[u8; 32]]| double_sha256(&[pair[0], pair[pair.len() - 1]].concat());
        hashes = hashes.chunks(2).map(pair).collect();
    }
    hashes.pop()
}

/// Rejects a block whose header belongs to another network or does not match its hash. Returns whether the header is
/// complete.
pub(crate) fn check(block: &Block, network: Network) -> Result<bool, BlockError> {
    let Some(bytes) = bytes(&block.header, block)? else { return Ok(false) };
    let hash = double_sha256(&bytes);
    let has_bitcoins_work = target(&block.header).is_some_and(|target| target <= BITCOIN_LIMIT && meets(hash, target));
    let is_named_so = read_hash(&block.hash) == Some(hash);
    // Other networks use other proof-of-work functions, so their SHA-256 hash is arbitrary.
    if network != Network::Bitcoin && has_bitcoins_work {
        return Err(
            other(network, "the hash of its header is a proof of work of bitcoin").read_as(vec![Network::Bitcoin])
        );
    }
    // Dash identifies blocks by X11, which is not computed here.
    if network == Network::Dash {
        return match is_named_so {
            true => Err(other(network, "its hash is the SHA-256 of its header, by which dash names no block")),
            false => Ok(true),
        };
    }
    if !is_named_so {
        return Err(changed(&format!(
            "its hash is {}, and that of its header {}; or it is of a network that names its blocks otherwise than \
             {network}",
            block.hash,
            print_hash(hash)
        )));
    }
    match network == Network::Bitcoin && !has_bitcoins_work {
        true => Err(other(network, "the hash of its header is no proof of work of bitcoin")),
        false => Ok(true),
    }
}

fn changed(why: &str) -> BlockError {
    BlockError::new(format!("the block was changed: {why}")).advice("ask the node again with: getblock HASH 2")
}

/// Returns the 80 bytes of a header; `None` if it is incomplete.
fn bytes(header: &Header, block: &Block) -> Result<Option<Vec<u8>>, BlockError> {
    let Header { version, previous, merkleroot, bits, nonce } = header;
    // The first block has no previous block.
    let zeros = (block.height == 0).then(|| "0".repeat(64));
    let previous = previous.as_ref().or(zeros.as_ref());
    let (Some(version), Some(previous), Some(merkleroot), Some(bits), Some(nonce)) =
        (version, previous, merkleroot, bits, nonce)
    else {
        return Ok(None);
    };
    let no = |name: &str| BlockError::new(format!("the block cannot be read: its {name} is none of a header"));
    let number = |number: i64, name| u32::try_from(number).map(u32::to_le_bytes).map_err(|_| no(name));
    // Some nodes print it as signed, others as unsigned.
    let version = i32::try_from(*version).map(i32::to_le_bytes).or_else(|_| number(*version, "version"))?;
    let hash = |text: &str, name| read_hash(text).ok_or_else(|| no(name));
    let bits = (bits.len() == 8).then(|| u32::from_str_radix(bits, 16).ok()).flatten().ok_or_else(|| no("bits"))?;
    let parts = [
        &version[..],
        &hash(previous, "previousblockhash")?,
        &hash(merkleroot, "merkleroot")?,
        &number(block.time, "time")?,
        &bits.to_le_bytes(),
        &number(*nonce, "nonce")?,
    ];
    Ok(Some(parts.concat()))
}

/// Returns the highest allowed hash. `bits` contains its length in bytes and its first three bytes.
fn target(header: &Header) -> Option<[u8; 32]> {
    let bits = u32::from_str_radix(header.bits.as_ref()?, 16).ok()?.to_be_bytes();
    let mut target = [0; 32];
    for (at, byte) in bits[1..].iter().enumerate() {
        // Lengths below three cut off bytes, and lengths above 32 add leading bytes; both must be zero.
        match (at + 32).checked_sub(usize::from(bits[0])) {
            Some(place) if place < 32 => target[place] = *byte,
            Some(_) => {}
            None if *byte == 0 => {}
            None => return None,
        }
    }
    // The highest bit is a sign.
    (bits[1] < 0x80 && target != [0; 32]).then_some(target)
}

/// Returns whether a hash meets the target.
fn meets(mut hash: [u8; 32], target: [u8; 32]) -> bool {
    hash.reverse();
    hash <= target
}
