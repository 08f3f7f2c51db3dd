//! `offhook api`: asks the REST API of a server, here or elsewhere.

pub(super) mod client;
mod fields;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use http::Method;
use serde_json::Value;

use super::{Context, WrongUse};
use client::{Client, Reply};
use fields::Field;

/// Ask the REST API of a running server, on this machine or another
///
/// Whatever the API can do can be done so, from wherever the server can be reached: docs/api.md has its addresses. The other
/// commands do the same in words, with --server from elsewhere, and need no server on its own machine.
///
/// Fields of what is asked are written NAME=TEXT, or NAME:=JSON for numbers, lists and null; dots go into objects. With GET
/// and DELETE they are the query. The token is taken from the variable OFFHOOK_TOKEN, or from a file.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// get, post, put, patch or delete.
    method: Verb,
    /// The address below /api/v1: /phones/SEP001122334455.
    path: String,
    /// What is said: description=Reception, settings.web_access=on, settings.ssh_access:=null, limit=10.
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<Field>,
    /// Send this file instead of fields; - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    body: Option<PathBuf>,
    /// What the file is, if its name does not tell: text/csv.
    #[arg(long = "type", value_name = "TYPE", requires = "body")]
    kind: Option<String>,
    /// Of a list, all parts.
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

const EXAMPLES: &str = "\
Examples:
  export OFFHOOK_SERVER=http://pbx.example.net:8080 OFFHOOK_TOKEN=offhook_5f0c…
  offhook api get /phones text=reception --all
  offhook api post /phones phone=SEP001122334455 model=8845 'lines:=[{\"number\": \"1001\"}]'
  offhook api patch /phones/SEP001122334455 description=Reception settings.web_access=on
  offhook api post /imports/phones --body phones.csv

Exit codes: 0 done; 1 the server says no; 2 wrong use.";

impl Verb {
    fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

impl Args {
    /// Asks, and prints what comes.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        if self.all && self.method != Verb::Get {
            return Err(WrongUse("--all is for lists, which are got".to_owned()).into());
        }
        let server = match &context.server {
            Some(server) => server.clone(),
            None => {
                let found = crate::admin::address(&context.resolved()?, None);
                found.context("the admin listener is turned off here: name a server by --server")?
            }
        };
        let client = Client::elsewhere(&server, context)?;
        super::runtime()?.block_on(self.ask(&client, context))
    }

    async fn ask(self, client: &Client, context: &Context) -> anyhow::Result<ExitCode> {
        let in_query = matches!(self.method, Verb::Get | Verb::Delete);
        let path = if in_query { fields::query(&self.path, &self.fields) } else { self.path.clone() };
        if self.all {
            return self.everything(client, path, context).await;
        }
        let body = match &self.body {
            Some(file) => Some((self.kind_of(file)?, read(file)?)),
            None if in_query || self.fields.is_empty() && self.method == Verb::Post => None,
            None => {
                Some(("application/json".to_owned(), serde_json::to_vec(&fields::object(&self.fields)?)?))
            }
        };
        let reply = client.ask(self.method.method(), &path, body).await?;
        finish(&reply, context)
    }

    /// All parts of a list, as one.
    async fn everything(self, client: &Client, path: String, context: &Context) -> anyhow::Result<ExitCode> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let next = cursor.iter().map(|cursor| Field::text("cursor", cursor)).collect::<Vec<_>>();
            let reply = client.ask(Method::GET, &fields::query(&path, &next), None).await?;
            if !reply.status.is_success() {
                return finish(&reply, context);
            }
            let mut part: Value = serde_json::from_slice(&reply.body).context("that is no list")?;
            match part.get_mut("items").map(Value::take) {
                Some(Value::Array(more)) => items.extend(more),
                _ => anyhow::bail!("{path} is no list"),
            }
            cursor = part["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                context.output.line(serde_json::to_string_pretty(&items)?)?;
                return Ok(ExitCode::SUCCESS);
            }
        }
    }

    fn kind_of(&self, file: &std::path::Path) -> Result<String, WrongUse> {
        let by_name = || match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some("text/csv"),
            "json" => Some("application/json"),
            "yaml" | "yml" => Some("application/yaml"),
            "vcf" => Some("text/vcard"),
            "xml" => Some("application/xml"),
            _ => None,
        };
        let kind = self.kind.clone().or_else(|| by_name().map(str::to_owned));
        kind.ok_or_else(|| {
            WrongUse("the name of the file does not tell what it is: say --type text/csv".to_owned())
        })
    }
}

/// No file of an import is larger.
const MOST_BYTES: u64 = (64 << 20) + 1;

fn read(file: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let read = if file == std::path::Path::new("-") {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

fn finish(reply: &Reply, context: &Context) -> anyhow::Result<ExitCode> {
    let value: Option<Value> = serde_json::from_slice(&reply.body).ok();
    if reply.status.is_success() {
        match value {
            Some(value) if reply.is_json => context.output.line(serde_json::to_string_pretty(&value)?)?,
            _ => context.output.bytes(&reply.body)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let (true, Some(value)) = (context.output.is_json(), &value) {
        context.output.value(value)?;
        return Ok(ExitCode::FAILURE);
    }
    let said = value.as_ref().and_then(|problem| problem["detail"].as_str());
    anyhow::bail!("{}", said.map_or_else(|| format!("the server says {}", reply.status), str::to_owned))
}
