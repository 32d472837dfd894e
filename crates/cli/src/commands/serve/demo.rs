//! `mwallet serve --demo`: a database of its own with fake data, and what to try with it.

use mwallet_db::Engine;

use super::{Options, Prepared, serve};
use crate::database;
use crate::failure::{Failure, Result};
use crate::log::Log;
use crate::output;
use crate::seed::{self, Amounts, Origin};
use crate::settings::Settings;

/// The database of the demo, in the folder that the program is called in.
const DATABASE: &str = "sqlite:mwallet-demo.db";
/// Enough to page through, and there in a second.
const AMOUNTS: Amounts = Amounts { users: 200, orders: 2_000, notices: 20 };
const SEED: u64 = 1;

/// Serves the demo, which is filled at its first start.
pub(super) async fn run(settings: &Settings, log: &Log, options: Options) -> Result<()> {
    let addresses = options.listen.addresses().await?;
    options.listen.refuse_others(&addresses, "--demo")?;
    let engine = engine(settings)?;
    // Before anything is created.
    let listeners = options.listen.listen(&addresses)?;
    database::prepare_with(&engine, true, true).await?;
    fill(settings, &engine).await?;
    let prepared = Prepared { engine, listeners, found: None };
    serve(settings, log, options, prepared, |database, url, _| welcome(database, url)).await
}

/// The engine of the demo. It never is a database that somebody works with: the demo is open to everybody on the machine,
/// and fills what it finds empty.
fn engine(settings: &Settings) -> Result<Engine> {
    if settings.names_database() {
        // What somebody typed is never passed over in silence.
        let message = "--demo brings a database of its own, so --database-url cannot stand beside it";
        let hint = "for fake data elsewhere: `mwallet seed --database-url URL`, then `mwallet serve --open --database-url URL`";
        return Err(Failure::usage(message).hint(hint));
    }
    settings.engine_of(DATABASE)
}

/// Fills the database at the first start, as of then, so that what is open ends in days to come; what is there later is left as
/// it is.
async fn fill(settings: &Settings, engine: &Engine) -> Result<()> {
    let progress = output::progress(&settings.output, AMOUNTS.users + AMOUNTS.orders, "users and orders");
    let origin = Origin { seed: SEED, as_of: engine.sources().now() };
    let outcome = seed::fill(engine, AMOUNTS, origin, &progress).await;
    progress.finish_and_clear();
    outcome.map(drop)
}

/// What to try.
fn welcome(database: &str, url: &str) -> String {
    format!(
        "mWallet serves fake data ({database}) at {url}, without login, to this machine only

try, in another terminal:
  # the three open orders that began last
  curl '{url}/rest/v1/orders?order_type=eq.OPEN&order=start.desc&limit=3'

  # one of them, by its slug
  curl {url}/rest/v1/orders/order-42

  # an order of your own
  curl {url}/rest/v1/orders -H 'Content-Type: application/json' -H 'Prefer: return=representation' \\
    -d '{{\"usid\": \"ada\", \"asset\": \"LITECOIN\", \"start\": \"2030-01-01T00:00:00Z\", \"memo\": \"first\"}}'

or from JavaScript, after npm install @supabase/postgrest-js:
  import {{ PostgrestClient }} from '@supabase/postgrest-js'
  const client = new PostgrestClient('{url}/rest/v1')
  const {{ data, error }} = await client.from('orders').select()
    .eq('order_type', 'OPEN').order('start', {{ ascending: false }}).limit(3)
  console.log(error ?? data)

docs:   {url}/docs
stop:   Ctrl-C; to begin anew, remove mwallet-demo.db"
    )
}
