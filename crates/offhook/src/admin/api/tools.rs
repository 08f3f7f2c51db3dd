//! `/lint` and `/dhcp`: what is looked over or written for somebody, and changes nothing.

use std::net::Ipv4Addr;

use axum::body::Body;
use axum::extract::{Request, State};
use provision::dhcp::{NOTES, Program};
use provision::lint::lint_file;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::signed::Signed;

use super::answer::{Answer, Conditions};
use super::ask::{Query, body};
use super::made::FindingView;
use super::problem::{Kind, Problem, failed};
use crate::admin::access::Viewer;
use crate::edit;
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(lint)).routes(routes!(show_dhcp))
}

/// No phone reads more.
const MOST_BYTES: usize = 4 << 20;

/// What is looked over.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct Looked {
    /// Its name: rings and pictures are known by theirs.
    #[param(example = "SEP001122334455.cnf.xml")]
    name: String,
    /// Also tell what this model cannot read.
    #[param(example = "8845")]
    model: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
struct Lint {
    /// What it is; null when nobody can say.
    kind: Option<String>,
    /// What phones would stumble over.
    items: Vec<FindingView>,
}

/// Look over a configuration, a list, a ring or a picture that anybody wrote; a signature around it is taken off
#[utoipa::path(post, path = "/lint", tag = "tools", params(Looked),
    request_body(content = String, content_type = "application/octet-stream", description = "The file"),
    responses((status = 200, description = "What was found", body = Lint)),
    security(("token" = ["read"])))]
async fn lint(_: Viewer, Query(looked): Query<Looked>, request: Request<Body>) -> Result<Answer, Problem> {
    let model = looked.model.as_deref().map(edit::model).transpose();
    let model = model.map_err(|error| Problem::new(Kind::Invalid, error.to_string()))?;
    let bytes = body(request.into_body(), MOST_BYTES).await?;
    if bytes.is_empty() {
        return Err(Problem::new(Kind::Invalid, "there is no file: send it as the body"));
    }
    let report = tokio::task::spawn_blocking(move || {
        let signed = Signed::parse(&bytes);
        let payload = signed.as_ref().map_or(&bytes[..], |signed| signed.payload);
        lint_file(&looked.name, payload, model)
    });
    let report = report.await.map_err(|error| failed(&error))?;
    let kind = report.kind.map(|kind| kind.name().to_owned());
    Ok(Answer::done(&Lint { kind, items: report.findings.iter().map(FindingView::new).collect() }))
}

/// The programs there are lines for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ProgramWord {
    Isc,
    Kea,
    Dnsmasq,
    Mikrotik,
    Windows,
    Ios,
}

/// What is to be written.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct DhcpOptions {
    /// Only for this program.
    #[param(inline)]
    program: Option<ProgramWord>,
    /// The address phones shall ask, instead of this machine's.
    #[param(example = "192.0.2.5")]
    address: Option<String>,
    /// The name for option 66, instead of this server's; empty for none.
    name: Option<String>,
    /// Only for devices that say they are Cisco's: isc, kea and dnsmasq can do that.
    phones_only: bool,
}

/// What to write into DHCP servers.
#[derive(Debug, Serialize, ToSchema)]
struct DhcpView {
    /// The addresses phones are given.
    servers: Vec<String>,
    /// The name for option 66.
    name: Option<String>,
    /// Program by program.
    programs: Vec<Snippet>,
    /// What is to be known of some series.
    notes: Vec<SeriesNote>,
}

/// Lines for a DHCP server.
#[derive(Debug, Serialize, ToSchema)]
struct Snippet {
    /// The program.
    program: &'static str,
    /// Where they go.
    place: &'static str,
    /// The lines.
    snippet: String,
}

/// Something that is to be known of a series.
#[derive(Debug, Serialize, ToSchema)]
struct SeriesNote {
    /// The series.
    series: String,
    /// What.
    text: String,
}

/// Show what to write into a DHCP server, so that phones find this one
#[utoipa::path(get, path = "/dhcp", tag = "tools", params(DhcpOptions),
    responses((status = 200, description = "The lines", body = DhcpView)),
    security(("token" = ["read"])))]
async fn show_dhcp(
    _: Viewer,
    State(app): State<App>,
    Query(options): Query<DhcpOptions>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mut target = crate::dhcp::target(&app.config.load());
    if let Some(address) = &options.address {
        let wrong = |_| Problem::new(Kind::Invalid, format!("{address:?} is no IPv4 address"));
        target.servers = vec![address.parse::<Ipv4Addr>().map_err(wrong)?];
    }
    if let Some(name) = options.name {
        target.name = Some(name).filter(|name| !name.is_empty());
    }
    target.phones_only = options.phones_only;
    let asked = options.program.map(ProgramWord::program);
    let wanted = |program: &Program| {
        asked.is_none_or(|asked| asked == *program) && (!options.phones_only || program.tells_phones_apart())
    };
    let snippet = |program: Program| {
        let snippet = program.snippet(&target);
        let snippet = snippet.map_err(|error| Problem::new(Kind::Invalid, error.to_string()))?;
        Ok(Snippet { program: program.word(), place: program.place(), snippet })
    };
    let programs = Program::ALL.into_iter().filter(wanted).map(snippet).collect::<Result<_, Problem>>()?;
    let notes =
        NOTES.iter().map(|note| SeriesNote { series: note.series.to_string(), text: note.text.to_string() });
    let view = DhcpView {
        servers: target.servers.iter().map(ToString::to_string).collect(),
        name: target.name.clone(),
        programs,
        notes: notes.collect(),
    };
    Ok(Answer::read(&view, &conditions))
}

impl ProgramWord {
    fn program(self) -> Program {
        match self {
            Self::Isc => Program::Isc,
            Self::Kea => Program::Kea,
            Self::Dnsmasq => Program::Dnsmasq,
            Self::Mikrotik => Program::Mikrotik,
            Self::Windows => Program::Windows,
            Self::Ios => Program::Ios,
        }
    }
}
