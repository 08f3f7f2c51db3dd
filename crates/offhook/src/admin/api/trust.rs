//! `/trust`, `/certificates` and `/lscs`: whom phones trust, with which certificates, and the certificates of phones.

use axum::extract::State;
use pki::Certificate;
use provision::enrol::{Key, Operation, Password, Required, Schedule};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::EnrolmentQuery;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query, mac};
use super::office::store;
use super::phones::{Hidden, PhonePath};
use super::problem::{Kind, Problem, failed};
use super::view::{Listing, limit, wrong_cursor};
use crate::admin::access::{Administrator, Viewer};
use crate::enrol::{Enrolments, Held, Origin, Record, Scheduled};
use crate::listener::App;
use crate::trust::{Reach, calendar};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_trust))
        .routes(routes!(list_certificates))
        .routes(routes!(list_lscs))
        .routes(routes!(show_lsc))
        .routes(routes!(schedule_lsc, cancel_lsc))
        .routes(routes!(revoke_lsc))
}

/// Who is given a trust list.
#[derive(Debug, Serialize, ToSchema)]
struct TrustView {
    /// `off`, `everyone` or `phones`.
    reach: &'static str,
    /// The phones, if it is for some only.
    phones: Vec<String>,
    /// When that was changed last.
    changed: Option<String>,
    /// By whom.
    changed_by: Option<String>,
    /// The version of lists.
    version: String,
    /// How lists are hashed for their signature.
    digest: String,
}

/// Show who is given a trust list
#[utoipa::path(get, path = "/trust", tag = "trust",
    responses((status = 200, description = "The state of trust", body = TrustView)),
    security(("token" = ["read"])))]
async fn show_trust(_: Viewer, State(app): State<App>, conditions: Conditions) -> Result<Answer, Problem> {
    let current = app.artifacts.trust().current().map_err(|error| failed(&error))?;
    let settings = app.config.load();
    let (reach, phones) = match &current.state.reach {
        Reach::Off => ("off", Vec::new()),
        Reach::Everyone => ("everyone", Vec::new()),
        Reach::Phones(phones) => ("phones", phones.iter().copied().map(Mac::device_name).collect()),
    };
    let changed = current.state.changed.as_ref();
    let view = TrustView {
        reach,
        phones,
        changed: changed.map(|changed| changed.at.clone()),
        changed_by: changed.map(|changed| changed.by.clone()),
        version: settings.trust.version.to_string(),
        digest: settings.trust.digest.to_string(),
    };
    Ok(Answer::read(&view, &conditions))
}

/// The certificates of this server.
#[derive(Debug, Serialize, ToSchema)]
struct Certificates {
    /// By name.
    items: Vec<CertificateView>,
}

/// A certificate of this server.
#[derive(Debug, Serialize, ToSchema)]
struct CertificateView {
    /// Its name here.
    name: String,
    /// Whose it says it is.
    subject: String,
    /// Who says so.
    issuer: String,
    /// Its serial number, in hexadecimal digits.
    serial: String,
    /// What key it has.
    key: String,
    /// The roles it has in trust lists.
    roles: Vec<String>,
    /// Whether its key is on this machine.
    key_is_here: bool,
    /// From when on it holds.
    not_before: String,
    /// Until when.
    not_after: String,
    /// Whether it holds now.
    valid: bool,
    /// Its fingerprint.
    sha256: String,
}

/// List the certificates of this server
#[utoipa::path(get, path = "/certificates", tag = "trust",
    responses((status = 200, description = "All of them", body = Certificates)),
    security(("token" = ["read"])))]
async fn list_certificates(
    _: Viewer,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let current = app.artifacts.trust().current().map_err(|error| failed(&error))?;
    let now = calendar::now();
    let view = |stored: &crate::trust::Stored| {
        let certificate = &stored.certificate;
        CertificateView {
            name: stored.name.clone(),
            subject: certificate.subject().to_owned(),
            issuer: certificate.issuer().to_owned(),
            serial: pki::digest::hex(certificate.serial()),
            key: certificate.key_kind().to_string(),
            roles: current.state.listed(stored).iter().map(ToString::to_string).collect(),
            key_is_here: stored.identity().is_some(),
            not_before: calendar::utc(certificate.not_before()),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(now),
            sha256: certificate.sha256_hex(),
        }
    };
    let items = current.certificates.iter().map(view).collect();
    Ok(Answer::read(&Certificates { items }, &conditions))
}

/// A phone's certificate, and what is to become of it. Never its password.
#[derive(Debug, Default, Serialize, ToSchema)]
struct LscView {
    /// The phone.
    phone: String,
    /// What it is to do when it comes by next.
    scheduled: Option<ScheduledView>,
    /// The certificate it holds.
    held: Option<HeldView>,
    /// A certificate that was handed out and not confirmed.
    handed_out: Option<String>,
    /// Serial numbers of certificates that prove nothing any more.
    revoked: Vec<String>,
    /// Whether its configuration is to be encrypted for it.
    encrypt: bool,
    /// How its configuration goes out, in words.
    configuration: String,
}

/// What a phone is to do.
#[derive(Debug, Serialize, ToSchema)]
struct ScheduledView {
    /// `install rsa2048`, `fetch`, `delete`.
    operation: String,
    /// How it proves itself: `password`, `none`, `certificate`, `lsc`, `mic`.
    proof: &'static str,
    /// Since when.
    since: String,
    /// Until when; null for as long as it takes.
    until: Option<String>,
    /// How many wrong passwords came.
    wrong_passwords: u8,
    /// Whether that were too many.
    locked: bool,
    /// Whether its time is over.
    over: bool,
}

/// A certificate that a phone holds.
#[derive(Debug, Serialize, ToSchema)]
struct HeldView {
    /// Whether it was issued here (`lsc`) or in the factory (`mic`).
    origin: &'static str,
    /// What key it has.
    key: String,
    /// Who issued it.
    issuer: String,
    /// Its serial number, in hexadecimal digits.
    serial: String,
    /// Until when it holds.
    not_after: String,
    /// Whether it holds now.
    valid: bool,
    /// Whether it proves nothing any more.
    revoked: bool,
    /// Its fingerprint.
    sha256: String,
}

fn operation(operation: Operation) -> String {
    match operation {
        Operation::Nothing => "nothing".to_owned(),
        Operation::Install(key) => format!("install {key}"),
        Operation::Fetch => "fetch".to_owned(),
        Operation::Delete => "delete".to_owned(),
    }
}

fn proof(required: &Required) -> &'static str {
    match required {
        Required::Password(_) => "password",
        Required::Nothing => "none",
        Required::Certificate => "certificate",
        Required::Lsc => "lsc",
        Required::Mic => "mic",
    }
}

impl LscView {
    fn new(phone: Mac, record: &Record, now: i64) -> Self {
        let scheduled = record.scheduled.as_ref().map(|scheduled| ScheduledView {
            operation: operation(scheduled.schedule.operation),
            proof: proof(&scheduled.schedule.required),
            since: calendar::utc(scheduled.at),
            until: scheduled.schedule.until.map(calendar::utc),
            wrong_passwords: scheduled.schedule.failures,
            locked: scheduled.schedule.is_locked(),
            over: scheduled.schedule.is_over(now),
        });
        Self {
            phone: phone.device_name(),
            scheduled,
            held: record
                .held
                .as_ref()
                .map(|held| HeldView::new(held, record.has_revoked(&held.certificate), now)),
            handed_out: record.issued.as_ref().map(|issued| serial(&issued.certificate)),
            revoked: record.revoked.iter().map(|revoked| revoked.serial.clone()).collect(),
            encrypt: record.encrypt,
            configuration: record.protection().words().to_string(),
        }
    }
}

fn serial(certificate: &Certificate) -> String {
    pki::digest::hex(certificate.serial())
}

impl HeldView {
    fn new(held: &Held, revoked: bool, now: i64) -> Self {
        let certificate = &held.certificate;
        Self {
            origin: if held.origin == Origin::Lsc { "lsc" } else { "mic" },
            key: certificate.key_kind().to_string(),
            issuer: certificate.issuer().to_owned(),
            serial: serial(certificate),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(now),
            revoked,
            sha256: certificate.sha256_hex(),
        }
    }
}

/// Which phones.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct Filter {
    /// Only those that still have something to do.
    scheduled: bool,
    /// Only those whose certificate ends within so many days, or has ended.
    #[param(minimum = 0, maximum = 36500)]
    ends_within: Option<u32>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

/// List phones that enrol or hold a certificate, by address
#[utoipa::path(get, path = "/lscs", tag = "trust", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<LscView>)),
    security(("token" = ["read"])))]
async fn list_lscs(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let limit = limit(filter.limit)?;
    let wrong = |_| wrong_cursor();
    let after = filter.cursor.as_deref().map(str::parse::<Mac>).transpose().map_err(wrong)?;
    let now = calendar::now();
    if filter.ends_within.is_some_and(|days| days > 36_500) {
        return Err(Problem::new(Kind::Invalid, "ends_within is at most a hundred years"));
    }
    let ends_before = filter.ends_within.map(|days| now + i64::from(days) * 86_400);
    let query = EnrolmentQuery { scheduled: filter.scheduled, ends_before };
    let page = store::Page { after, ..store::Page::first(limit) };
    let listed = store(&app)?.enrolments(&query, &page).await?;
    let full = listed.rows.len() == limit as usize;
    let next = listed.rows.last().filter(|_| full).map(|kept| kept.mac.device_name());
    let mut items = Vec::new();
    for kept in &listed.rows {
        let record = crate::enrol::record(kept).map_err(|error| failed(&error))?;
        items.push(LscView::new(kept.mac, &record, now));
    }
    Ok(Answer::read(&Listing { items, total: listed.total, next }, &conditions))
}

fn enrolments(app: &App) -> Result<Enrolments, Problem> {
    Ok(Enrolments::new(store(app)?.clone()))
}

async fn view(app: &App, mac: Mac) -> Result<LscView, Problem> {
    let record = enrolments(app)?.read(mac).await.map_err(|error| failed(&error))?;
    Ok(LscView::new(mac, &record.unwrap_or_default(), calendar::now()))
}

/// The phone, which must be in the inventory: who schedules something for a mistyped address waits for ever.
async fn known(app: &App, path: &PhonePath) -> Result<Mac, Problem> {
    let mac = mac(&path.phone)?;
    super::office::reader(app).await?.phone(mac).await?;
    Ok(mac)
}

/// Show a phone's certificate, and what is to become of it
#[utoipa::path(get, path = "/phones/{phone}/lsc", tag = "trust", params(PhonePath),
    responses((status = 200, description = "What is known of it", body = LscView)),
    security(("token" = ["read"])))]
async fn show_lsc(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = known(&app, &path).await?;
    Ok(Answer::read(&view(&app, mac).await?, &conditions))
}

/// What a phone shall do.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Task {
    /// Make a key and get a certificate for it.
    Install,
    /// Only send the certificate it has.
    Fetch,
    /// Delete the certificate it has.
    Delete,
}

/// How a phone proves itself.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Proof {
    /// By a password that somebody types on it.
    #[default]
    Password,
    /// By a certificate, issued here or in the factory.
    Certificate,
    /// By the certificate issued here.
    Lsc,
    /// By the certificate from the factory.
    Mic,
    /// Not at all: whoever gives the phone's name first gets its certificate.
    None,
}

/// What a phone is to do with its certificate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LscToSchedule {
    /// What.
    operation: Task,
    /// The key to make: `rsa1024`, `rsa2048` (if nothing is said), `rsa3072`, `rsa4096`, `secp256r1`, `secp384r1`, `secp521r1`.
    key: Option<String>,
    /// How it proves itself.
    #[serde(default)]
    proof: Proof,
    /// The password to type, 4 to 15 digits. Without one, one is made up and told once.
    #[schema(format = Password, write_only)]
    password: Option<Hidden>,
    /// Forget it when nobody came within so many days.
    #[schema(minimum = 1, maximum = 3650)]
    within_days: Option<u32>,
}

/// What was scheduled.
#[derive(Debug, Serialize, ToSchema)]
struct LscScheduled {
    #[serde(flatten)]
    lsc: LscView,
    /// The password to type on the phone; it is told only now.
    password: Option<String>,
}

impl LscToSchedule {
    fn schedule(&self, now: i64) -> Result<(Schedule, Option<String>), Problem> {
        let operation = match (self.operation, self.key.as_deref()) {
            (Task::Install, None) => Operation::Install(Key::default()),
            (Task::Install, Some(word)) => {
                let wrong = |_| Problem::field("key", format!("phones make no key {word:?}"));
                Operation::Install(word.to_ascii_lowercase().parse().map_err(wrong)?)
            }
            (_, Some(_)) => return Err(Problem::field("key", "only an installation makes a key")),
            (Task::Fetch, None) => Operation::Fetch,
            (Task::Delete, None) => Operation::Delete,
        };
        let (required, password) = match self.proof {
            Proof::Password => {
                // Six digits nobody can guess within three tries.
                let drawn = || format!("{:06}", pki::random_u32() % 1_000_000);
                let digits = self.password.as_ref().map_or_else(drawn, |hidden| hidden.0.clone());
                let password = Password::new(digits.clone());
                let password = password.map_err(|error| Problem::field("password", error.to_string()))?;
                (Required::Password(password), Some(digits).filter(|_| self.password.is_none()))
            }
            _ if self.password.is_some() => {
                return Err(Problem::field("password", "the phone is to prove itself otherwise"));
            }
            Proof::Certificate => (Required::Certificate, None),
            Proof::Lsc => (Required::Lsc, None),
            Proof::Mic => (Required::Mic, None),
            Proof::None => (Required::Nothing, None),
        };
        let until = match self.within_days {
            None => None,
            Some(days @ 1..=3650) => Some(now + i64::from(days) * 86_400),
            Some(_) => return Err(Problem::field("within_days", "1 to 3650 days")),
        };
        Ok((Schedule { until, ..Schedule::new(operation, required) }, password))
    }
}

/// Let a phone install, show or delete a certificate when it comes by next
#[utoipa::path(put, path = "/phones/{phone}/lsc/schedule", tag = "trust", params(PhonePath), request_body = LscToSchedule,
    responses((status = 200, description = "It is scheduled", body = LscScheduled)),
    security(("token" = ["administer"])))]
async fn schedule_lsc(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Json(body): Json<LscToSchedule>,
) -> Result<Answer, Problem> {
    let now = calendar::now();
    let (schedule, password) = body.schedule(now)?;
    let mac = known(&app, &path).await?;
    let scheduled = Scheduled { schedule, at: now };
    let enrolments = Enrolments::new(store(&app)?.by(&who.name));
    enrolments
        .change(mac, |record| record.scheduled = Some(scheduled))
        .await
        .map_err(|error| failed(&error))?;
    Ok(Answer::done(&LscScheduled { lsc: view(&app, mac).await?, password }))
}

/// Take back what was scheduled; a certificate the phone holds stays as it is
#[utoipa::path(delete, path = "/phones/{phone}/lsc/schedule", tag = "trust", params(PhonePath),
    responses((status = 200, description = "Nothing is scheduled", body = LscView)),
    security(("token" = ["administer"])))]
async fn cancel_lsc(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
) -> Result<Answer, Problem> {
    let mac = known(&app, &path).await?;
    let enrolments = Enrolments::new(store(&app)?.by(&who.name));
    enrolments.change(mac, |record| record.scheduled = None).await.map_err(|error| failed(&error))?;
    Ok(Answer::done(&view(&app, mac).await?))
}

/// Let the certificates of a phone prove nothing from now on
#[utoipa::path(post, path = "/phones/{phone}/lsc/revoke", tag = "trust", params(PhonePath),
    responses((status = 200, description = "They prove nothing any more", body = LscView)),
    security(("token" = ["administer"])))]
async fn revoke_lsc(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
) -> Result<Answer, Problem> {
    let (mac, now) = (known(&app, &path).await?, calendar::now());
    let enrolments = Enrolments::new(store(&app)?.by(&who.name));
    let revoke = move |record: &mut Record| {
        let held = record.held.as_ref().map(|held| held.certificate.clone());
        let issued = record.issued.take().map(|issued| issued.certificate);
        held.into_iter().chain(issued).for_each(|certificate| record.revoke(&certificate, now));
    };
    enrolments.change(mac, revoke).await.map_err(|error| failed(&error))?;
    Ok(Answer::done(&view(&app, mac).await?))
}
