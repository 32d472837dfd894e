//! `mwallet import`: imports data into the tables.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use mwallet_chain::{Block, BlockError, BlockTransaction, Help, Network};
use mwallet_db::schema::Timestamp;
use mwallet_db::{Auto, Json, Key, Name, Timestamps, worker};
use mwallet_models::Transaction;
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  mwallet import block block.json --network bitcoin
  bitcoin-cli getblock HASH 2 | mwallet import block - --network bitcoin

A transaction that already exists, with the same network and identifier, is left as it is, so it is safe to import a \
block again, or to repeat an import that was interrupted. The command first checks the addresses, the header and the \
transactions of the block against the network and against each other; if they do not match, it writes nothing.";

/// The options of `mwallet import`.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    source: Source,
}

#[derive(Subcommand)]
enum Source {
    /// Import the transactions of a block from the output of a node's `getblock HASH 2`
    #[command(after_help = EXAMPLES)]
    Block {
        /// The JSON file; - reads standard input
        file: PathBuf,
        /// The network of the block; a block of another network is refused
        #[arg(long, value_parser = network())]
        network: Network,
    },
}

pub(crate) async fn run(settings: &Settings, Options { source }: Options) -> Result<()> {
    let Source::Block { file, network } = source;
    let block = worker::delegate(move || checked_block(&file, network)).await??;
    let engine = settings.engine()?;
    crate::database::prepare_with(&engine, false, false).await?;

    let total = block.transactions.len();
    let progress = output::progress(&settings.output, total as u64, "transactions");
    let mut rows = Vec::with_capacity(total);
    for (index, transaction) in block.transactions.iter().enumerate() {
        rows.push(row(&block, index, transaction, network)?);
        progress.inc(1);
    }
    // One database transaction: a block is imported completely or not at all.
    let new = Transaction::insert_ignore(&engine, rows).await?.len();
    progress.finish_and_clear();
    engine.close().await;
    output::report(
        &settings.output,
        format!("{total} transactions, {new} new"),
        &json!({"network": network.name(), "block": block.hash, "transactions": total, "new": new}),
    )
}

/// The networks by their names.
fn network() -> impl TypedValueParser<Value = Network> {
    let names = PossibleValuesParser::new(Network::ALL.map(Network::name));
    names.try_map(|name| Network::ALL.into_iter().find(|network| network.name() == name).ok_or("no network"))
}

/// Why a block is not imported.
fn refused(error: &BlockError) -> Failure {
    let failure = Failure::caused("", error);
    match error.help() {
        Some(Help::ReadAs(networks)) => {
            let options: Vec<String> = networks.iter().map(|network| format!("--network {network}")).collect();
            failure.hint(format!("use {}", options.join(" or ")))
        }
        Some(Help::Advice(advice)) => failure.hint(*advice),
        _ => failure,
    }
}

/// Reads a block, and checks that it is whole and of its network.
fn checked_block(file: &Path, network: Network) -> Result<Block> {
    let within = |error: BlockError| refused(&error).within(&file.display().to_string());
    let block = Block::parse(&read(file)?).map_err(within)?;
    mwallet_chain::check(&block, network).map_err(within)?;
    Ok(block)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let read = if file == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map(|_| text)
    } else {
        std::fs::read(file)
    };
    read.map_err(|error| Failure::caused(&format!("cannot read {}", file.display()), &error))
}

/// The row of a transaction.
fn row(block: &Block, index: usize, transaction: &BlockTransaction, network: Network) -> Result<Transaction> {
    let meta = json!({
        "block_hash": block.hash, "height": block.height, "index": index, "size": transaction.size,
    });
    let wrong = |error: &(dyn std::error::Error + 'static)| Failure::caused(&format!("transaction {index}"), error);
    Ok(Transaction {
        key: Key::default(),
        names: Name::default(),
        order_id: None,
        network: network.name().into(),
        tranx_ref: Auto::Unset,
        tranx_id: transaction.txid.clone(),
        inputs: transaction.vin.clone(),
        outputs: transaction.vout.clone(),
        confirmations: block.confirmations,
        mined_at: Some(Timestamp::from_seconds(block.time).map_err(|error| wrong(&error))?),
        pubkey: None,
        meta: Some(Json::parse(&meta.to_string()).map_err(|error| wrong(&error))?),
        timestamps: Timestamps::default(),
    })
}
