//! `offhook control execute`: pushes what a phone is to do to its `/CGI/Execute`.

use std::process::ExitCode;

use provision::mac::Mac;
use provision::objects::{Done, Priority, Target};
use serde_json::json;

use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};
use crate::control::{self, Reach};
use crate::push::{Credentials, meaning};

/// Make a phone do things, in order: Key:Services, Play:Ring1.raw, Dial:100, http://…, Display:Off:60
///
/// The phone asks the authenticationURL of its configuration whether that is allowed, so this offhook must be running there, and
/// `web_access` must be on. Without --user, credentials are made up that are good for this phone and three minutes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone.
    phone: Mac,
    /// What to do: an address of a page, or a URI of phones that this model knows.
    #[arg(required = true, value_name = "URI")]
    uris: Vec<String>,
    /// Where the phone is, an address or address and port [default: from where it took its configuration].
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Place>,
    /// Over HTTPS.
    #[arg(long)]
    https: bool,
    /// When pages are fetched: now, idle (once the phone is) or if-idle (only then).
    #[arg(long, value_name = "WHEN", default_value = "now")]
    when: When,
    /// A user of `offhook push allow`.
    #[arg(long, value_name = "USER", requires = "password")]
    user: Option<String>,
    /// Its password: @FILE reads a file, @- standard input.
    #[arg(long, value_name = "PASSWORD", requires = "user")]
    password: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum When {
    Now,
    Idle,
    IfIdle,
}

/// `192.0.2.7`, `192.0.2.7:8080`, `[2001:db8::7]:80`.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) struct Place(std::net::IpAddr, Option<u16>);

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.trim_matches(['[', ']']).parse() {
            return Ok(Self(address, None));
        }
        let both: Result<std::net::SocketAddr, _> = text.parse();
        both.map(|both| Self(both.ip(), Some(both.port())))
            .map_err(|_| format!("{text:?} is no address: 192.0.2.7, or with a port 192.0.2.7:8080"))
    }
}

impl Place {
    pub(in crate::command) fn socket(self, secure: bool) -> std::net::SocketAddr {
        std::net::SocketAddr::new(self.0, self.1.unwrap_or(if secure { 443 } else { 80 }))
    }
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let reach = find(&stock, self.phone)?;
        let targets = self.uris.iter().map(|uri| Target::parse(uri));
        let targets: Vec<Target> =
            targets.collect::<Result<_, _>>().map_err(|error| WrongUse(error.to_string()))?;
        let priority = match self.when {
            When::Now => Priority::Now,
            When::Idle => Priority::WhenIdle,
            When::IfIdle => Priority::OnlyIfIdle,
        };
        let door = reach.door(self.address.map(|place| place.socket(self.https)), self.https)?;
        // Whatever the model does not know is wrong use, before anything is done.
        crate::push::pushes(reach.phone(), &targets, priority)
            .map_err(|error| WrongUse(error.to_string()))?;
        let own = match (self.user, self.password) {
            (Some(user), Some(written)) => {
                let password = stock.console.password(&written, &format!("password of {user}"))?;
                Some(Credentials { user, password })
            }
            _ => None,
        };
        let loan = own.is_none().then(|| control::lend(&stock.resolved.data_dir, self.phone)).transpose()?;
        let credentials = own.as_ref().or(loan.as_ref().map(crate::push::Loan::credentials));
        let credentials = credentials.expect("either somebody said who they are, or credentials were lent");
        let work = control::execute(&door, credentials, reach.phone(), &targets, priority);
        let done = stock.wait(work)?;
        show(context, &done)?;
        Ok(if done.iter().all(|one| one.status == 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The phone, which must be in the inventory.
pub(in crate::command) fn find(stock: &Stock, mac: Mac) -> anyhow::Result<Reach> {
    let reach = stock.wait(Reach::find(&stock.store, mac))?;
    let name = mac.device_name();
    reach.ok_or_else(|| {
        anyhow::anyhow!("there is no phone {name}; `offhook phone add {name} --model …` adds it")
    })
}

fn show(context: &Context, done: &[Done]) -> anyhow::Result<()> {
    let mut table = Table::new(["WHAT", "ANSWER"]);
    for one in done {
        table.row([one.url.clone(), meaning(one)]);
    }
    let values: Vec<_> = done
        .iter()
        .map(|one| json!({ "uri": one.url, "status": one.status, "data": one.data, "meaning": meaning(one) }))
        .collect();
    context.output.show(table, &values)?;
    Ok(())
}
