//! Parses a block from the response to `getblock HASH 2`, bare or in the RPC envelope.
//!
//! Amounts are never parsed as numbers: inputs and outputs stay the text that the node wrote.

use mwallet_schema::json::{Reader, SyntaxError, Token, compact};

use crate::BlockError;

const HOW: &str = "ask the node with: getblock HASH 2";

/// A block with its transactions.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// The hash that identifies it.
    pub hash: String,
    /// The number of blocks before it.
    pub height: i64,
    /// The time in seconds since 1970.
    pub time: i64,
    /// The number of confirmations, including the block itself.
    pub confirmations: i32,
    /// Its header.
    pub header: Header,
    /// Its transactions, in order.
    pub transactions: Vec<BlockTransaction>,
}

/// The other fields of a header, if the node includes them.
#[derive(Debug, Default, PartialEq)]
pub struct Header {
    /// The version of the consensus rules.
    pub version: Option<i64>,
    /// The hash of the previous block.
    pub previous: Option<String>,
    /// The Merkle root of its transactions.
    pub merkleroot: Option<String>,
    /// The compact target of the proof of work, in hexadecimal.
    pub bits: Option<String>,
    /// The nonce of the proof of work.
    pub nonce: Option<i64>,
}

/// A transaction of a block.
#[derive(Debug, PartialEq)]
pub struct BlockTransaction {
    /// The hash that identifies it.
    pub txid: String,
    /// The size in bytes.
    pub size: Option<i64>,
    /// The inputs, as compact JSON.
    pub vin: String,
    /// The outputs, as compact JSON.
    pub vout: String,
}

/// The fields of a block found so far.
#[derive(Default)]
struct Found<'t> {
    hash: Option<String>,
    height: Option<i64>,
    time: Option<i64>,
    confirmations: Option<i64>,
    count: Option<i64>,
    header: Header,
    transactions: Option<Vec<BlockTransaction>>,
    /// The error that the node reports.
    error: Option<&'t str>,
}

impl Block {
    /// Parses a block.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a block with its transactions, or the node reports an error.
    pub fn parse(text: &[u8]) -> Result<Self, BlockError> {
        let mut reader = Reader::new(text).map_err(syntax)?;
        let found = Found::read(&mut reader, true)?;
        reader.end().map_err(syntax)?;
        found.check()
    }
}

impl<'t> Found<'t> {
    fn read(reader: &mut Reader<'t>, envelope: bool) -> Result<Self, BlockError> {
        if reader.value().map_err(syntax)? != Token::Object {
            return Err(no_block("it is no JSON object"));
        }
        let mut found = Self::default();
        while let Some(key) = reader.key().map_err(syntax)? {
            match key.as_ref() {
                "hash" => found.hash = Some(text(reader, "hash")?),
                "height" => found.height = Some(number(reader, "height")?),
                "time" => found.time = Some(number(reader, "time")?),
                "confirmations" => found.confirmations = Some(number(reader, "confirmations")?),
                "nTx" => found.count = Some(number(reader, "nTx")?),
                "version" => found.header.version = Some(number(reader, "version")?),
                "previousblockhash" => found.header.previous = Some(text(reader, "previousblockhash")?),
                "merkleroot" => found.header.merkleroot = Some(text(reader, "merkleroot")?),
                "bits" => found.header.bits = Some(text(reader, "bits")?),
                "nonce" => found.header.nonce = Some(number(reader, "nonce")?),
                "tx" => found.transactions = Some(transactions(reader)?),
                "result" if envelope && reader.peek() == Some(b'{') => {
                    let error = found.error;
                    found = Self { error, ..Self::read(reader, false)? };
                }
                "error" if envelope => found.error = Some(reader.raw().map_err(syntax)?).filter(|raw| *raw != "null"),
                _ => reader.skip().map_err(syntax)?,
            }
        }
        Ok(found)
    }

    fn check(self) -> Result<Block, BlockError> {
        if let Some(error) = self.error {
            return Err(BlockError::new(format!("the node answered with an error: {error}")));
        }
        let missing = |name| no_block(&format!("{name} is missing"));
        let transactions = self.transactions.ok_or_else(|| missing("tx"))?;
        let count = transactions.len();
        if let Some(claimed) = self.count.filter(|claimed| usize::try_from(*claimed) != Ok(count)) {
            return Err(BlockError::new(format!(
                "the block says that it has {claimed} transactions, and holds {count}"
            ))
            .advice("the file was cut or changed; ask the node again"));
        }
        let confirmations = self.confirmations.ok_or_else(|| missing("confirmations"))?;
        if confirmations < 0 {
            return Err(BlockError::new("the block is not in the chain any more: its confirmations are negative"));
        }
        Ok(Block {
            hash: self.hash.ok_or_else(|| missing("hash"))?,
            height: self.height.ok_or_else(|| missing("height"))?,
            time: self.time.ok_or_else(|| missing("time"))?,
            confirmations: i32::try_from(confirmations).map_err(|_| no_block("confirmations is too large"))?,
            header: self.header,
            transactions,
        })
    }
}

fn transactions(reader: &mut Reader<'_>) -> Result<Vec<BlockTransaction>, BlockError> {
    if reader.value().map_err(syntax)? != Token::Array {
        return Err(no_block("tx is no array"));
    }
    let mut transactions = Vec::new();
    while reader.item().map_err(syntax)? {
        let at = format!("tx[{}]", transactions.len());
        transactions.push(transaction(reader, &at)?);
    }
    Ok(transactions)
}

fn transaction(reader: &mut Reader<'_>, at: &str) -> Result<BlockTransaction, BlockError> {
    match reader.value().map_err(syntax)? {
        Token::Object => {}
        Token::String(_) => {
            return Err(no_block(&format!("{at} only names its transaction")));
        }
        _ => return Err(no_block(&format!("{at} is no object"))),
    }
    let (mut txid, mut size, mut vin, mut vout) = (None, None, None, None);
    while let Some(key) = reader.key().map_err(syntax)? {
        match key.as_ref() {
            "txid" => txid = Some(text(reader, &format!("{at}.txid"))?),
            "size" => size = Some(number(reader, &format!("{at}.size"))?),
            "vin" => vin = Some(array(reader, &format!("{at}.vin"))?),
            "vout" => vout = Some(array(reader, &format!("{at}.vout"))?),
            _ => reader.skip().map_err(syntax)?,
        }
    }
    let missing = |name| no_block(&format!("{at}.{name} is missing"));
    let txid = txid.ok_or_else(|| missing("txid"))?;
    if txid.len() != 64 || !txid.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(no_block(&format!("{at}.txid is not of 64 hexadecimal digits")));
    }
    Ok(BlockTransaction {
        txid,
        size,
        vin: vin.ok_or_else(|| missing("vin"))?,
        vout: vout.ok_or_else(|| missing("vout"))?,
    })
}

fn text(reader: &mut Reader<'_>, at: &str) -> Result<String, BlockError> {
    match reader.value().map_err(syntax)? {
        Token::String(text) => Ok(text.into_owned()),
        _ => Err(no_block(&format!("{at} is no text"))),
    }
}

fn number(reader: &mut Reader<'_>, at: &str) -> Result<i64, BlockError> {
    match reader.value().map_err(syntax)? {
        Token::Number(digits) => digits.parse().map_err(|_| no_block(&format!("{at} is no whole number"))),
        _ => Err(no_block(&format!("{at} is no whole number"))),
    }
}

/// Returns the compact text of an array, with numbers as written.
fn array(reader: &mut Reader<'_>, at: &str) -> Result<String, BlockError> {
    let raw = reader.raw().map_err(syntax)?;
    if !raw.starts_with('[') {
        return Err(no_block(&format!("{at} is no array")));
    }
    compact(raw.as_bytes()).map_err(syntax)
}

fn syntax(error: SyntaxError) -> BlockError {
    BlockError::new(format!("it cannot be read as JSON: {error}")).advice(HOW)
}

fn no_block(why: &str) -> BlockError {
    BlockError::new(format!("it holds no block with its transactions: {why}")).advice(HOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TXID: &str = "13055be6d6784afa78ed08454651e4c81a03f96297b32f71992ef07e462b97f3";

    fn block() -> String {
        let tx = format!(r#"{{"txid":"{TXID}","size":9,"vin":[ {{"x": "a b"}} ],"vout":[{{"value": 0.10}}]}}"#);
        format!(r#"{{"hash":"h","height":3,"time":5,"confirmations":1,"nTx":1,"tx":[{tx}]}}"#)
    }

    #[test]
    fn a_block_is_read_bare_or_in_an_envelope() {
        let bare = Block::parse(block().as_bytes()).unwrap();
        assert_eq!((bare.hash.as_str(), bare.height, bare.time, bare.confirmations), ("h", 3, 5, 1));
        let transaction = &bare.transactions[0];
        assert_eq!((transaction.txid.as_str(), transaction.size), (TXID, Some(9)));
        assert_eq!(transaction.vin, r#"[{"x":"a b"}]"#);
        assert_eq!(transaction.vout, r#"[{"value":0.10}]"#);

        for envelope in [
            format!(r#"{{"result":{},"error":null,"id":1}}"#, block()),
            format!(r#"{{"error":null,"id":1,"result":{}}}"#, block()),
        ] {
            assert_eq!(Block::parse(envelope.as_bytes()).unwrap(), bare);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let changed = |from: &str, to: &str| block().replace(from, to);
        for (text, part) in [
            (String::new(), "at line 1 column 1"),
            ("{\n\"tx\": oops}".into(), "at line 2 column 7"),
            (block() + "}", "expected the end"),
            ("[]".into(), "it is no JSON object"),
            ("\"0100\"".into(), "it is no JSON object"),
            ("{}".into(), "tx is missing"),
            (r#"{"result":null,"error":{"code":-5},"id":1}"#.into(), r#"an error: {"code":-5}"#),
            (r#"{"result":"00ff","error":null}"#.into(), "tx is missing"),
            (r#"{"tx":["ab"]}"#.into(), "tx[0] only names its transaction"),
            (changed("nTx\":1", "nTx\":2"), "says that it has 2 transactions, and holds 1"),
            (changed("nTx\":1", "nTx\":-1"), "says that it has -1 transactions"),
            (changed("confirmations\":1", "confirmations\":-1"), "not in the chain any more"),
            (changed("height\":3", "height\":3.5"), "height is no whole number"),
            (changed("\"hash\":\"h\",", ""), "hash is missing"),
            (changed(TXID, "zz"), "tx[0].txid is not of 64"),
            (changed("\"vin\":[", "\"vin\":7,\"x\":["), "tx[0].vin is no array"),
        ] {
            let failure = format!("{:?}", Block::parse(text.as_bytes()).unwrap_err());
            assert!(failure.replace("\\\"", "\"").contains(part), "{part} is not in {failure}");
        }
    }
}
