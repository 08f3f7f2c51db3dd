//! `/contacts`: the people and firms that phones find in their directories.

use axum::extract::State;
use provision::inventory::{Change, Contact, ContactNumber};
use provision::mac::Mac;
use provision::phonebook;
use serde::{Deserialize, Serialize};
use store::{ContactQuery, Page};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query, given};
use super::office::{editing, reader, store};
use super::paging::{self, Listing};
use super::problem::{Kind, Problem};
use super::view::{ContactView, NumberView};
use crate::admin::access::{Operator, Viewer};
use crate::directory::Known;
use crate::edit::{self, BOOK, plain};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts, add_contact))
        .routes(routes!(list_books))
        .routes(routes!(who_is))
        .routes(routes!(show_contact, change_contact, remove_contact))
}

/// The contact of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ContactPath {
    /// Its number.
    id: i64,
}

/// Which contacts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only with words that begin so, or these digits in a number.
    text: Option<String>,
    /// Only with words that these keys of a telephone spell: 629 finds May.
    keys: Option<String>,
    /// Only in this book.
    book: Option<String>,
    /// Only what the user of this phone sees.
    owner: Option<String>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

fn owner(field: &str, text: &str) -> Result<Mac, Problem> {
    text.parse().map_err(|error| Problem::field(field, format!("{text:?} is no phone: {error}")))
}

/// List contacts, by name
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<ContactView>)),
    security(("token" = ["read"])))]
async fn list_contacts(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let page: Page<i64> = paging::page(filter.limit, filter.cursor.as_deref())?;
    let owner = paging::phone(filter.owner.as_deref())?;
    let query = ContactQuery {
        text: filter.text,
        keypad: filter.keys,
        books: filter.book.map(|book| vec![book]),
        owner,
        any_owner: owner.is_none(),
        ..ContactQuery::default()
    };
    let listed = store(&app)?.contacts(&query, &page).await?;
    let listing = Listing::of(&listed, &page, |contact| contact.id.to_string(), ContactView::new);
    Ok(Answer::read(&listing, &conditions))
}

/// Books.
#[derive(Debug, Serialize, ToSchema)]
struct Books {
    /// By name.
    items: Vec<String>,
}

/// List the books that have contacts
#[utoipa::path(get, path = "/contacts/books", tag = "contacts",
    responses((status = 200, description = "All of them", body = Books)),
    security(("token" = ["read"])))]
async fn list_books(_: Viewer, State(app): State<App>, conditions: Conditions) -> Result<Answer, Problem> {
    Ok(Answer::read(&Books { items: store(&app)?.books().await? }, &conditions))
}

/// Whose number.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Number {
    /// As it was called, or as it calls.
    #[param(example = "+4930123456")]
    number: String,
}

/// Whose number it is.
#[derive(Debug, Serialize, ToSchema)]
struct WhoView {
    /// Those who have it, the surest first.
    items: Vec<KnownView>,
    /// Sources that could not be asked.
    away: Vec<AwayView>,
}

/// Somebody who has the number.
#[derive(Debug, Serialize, ToSchema)]
struct KnownView {
    /// The name.
    name: String,
    /// The firm or department, if it is known.
    organisation: String,
    /// The number as it is written there.
    number: String,
    /// Where it is written: `lines`, `contacts` or the name of another source.
    source: String,
    /// Whether it says the same; else it only ends alike.
    sure: bool,
}

/// A source that could not be asked.
#[derive(Debug, Serialize, ToSchema)]
struct AwayView {
    /// Which.
    source: String,
    /// Why.
    why: String,
}

/// Tell whose number that is, by lines, contacts and every other source of the directory
#[utoipa::path(get, path = "/contacts/who", tag = "contacts", params(Number),
    responses((status = 200, description = "Those who have it; nobody is an empty list", body = WhoView)),
    security(("token" = ["read"])))]
async fn who_is(
    _: Viewer,
    State(app): State<App>,
    Query(query): Query<Number>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    if query.number.trim().is_empty() || query.number.chars().count() > 100 {
        return Err(Problem::new(Kind::Invalid, "a number has 1 to 100 characters"));
    }
    let who = app.directory.who_is(&query.number).await;
    let known = |one: Known| KnownView {
        name: one.name,
        organisation: one.organisation,
        number: one.number,
        source: one.source.word().to_string(),
        sure: one.sure,
    };
    let items = who.known.into_iter().map(known).collect();
    let away = who.away.into_iter().map(|(source, why)| AwayView { source: source.word().to_string(), why });
    Ok(Answer::read(&WhoView { items, away: away.collect() }, &conditions))
}

/// A contact to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactToAdd {
    /// The name.
    #[schema(example = "Ann Smith")]
    name: String,
    /// The firm or department.
    #[serde(default)]
    organisation: String,
    /// The book it stands in: `all` if nothing is said.
    book: Option<String>,
    /// Only for the user of this phone.
    owner: Option<String>,
    /// Numbers, the first first.
    numbers: Vec<NumberView>,
}

/// A text that a list can show; names the field when it is none.
fn text(field: &str, value: &str) -> Result<String, Problem> {
    Ok(plain("contact", field, value)?)
}

fn numbers(written: Vec<NumberView>) -> Result<Vec<ContactNumber>, Problem> {
    let mut numbers = Vec::new();
    for (place, one) in written.into_iter().enumerate() {
        let kind = edit::kind_of_number(&one.kind)
            .map_err(|problem| Problem::field(&format!("numbers/{place}/kind"), problem))?;
        let number = ContactNumber { kind, number: one.number.trim().to_owned() };
        if let Some(problem) = phonebook::problem_with(&number) {
            return Err(Problem::field(&format!("numbers/{place}/number"), problem));
        }
        numbers.push(number);
    }
    if numbers.is_empty() {
        return Err(Problem::field("numbers", "a contact needs a number"));
    }
    Ok(numbers)
}

/// Add a contact
#[utoipa::path(post, path = "/contacts", tag = "contacts", request_body = ContactToAdd,
    responses((status = 201, description = "It is added", body = ContactView, headers(("Location" = String, description = "The contact")))),
    security(("token" = ["operate"])))]
async fn add_contact(
    Operator(who): Operator,
    State(app): State<App>,
    Json(body): Json<ContactToAdd>,
) -> Result<Answer, Problem> {
    let contact = Contact {
        id: 0,
        book: text("book", body.book.as_deref().unwrap_or(BOOK))?,
        owner: body.owner.as_deref().map(|text| owner("owner", text)).transpose()?,
        name: text("name", &edit::person(&body.name)?)?,
        organisation: text("organisation", &body.organisation)?,
        numbers: numbers(body.numbers)?,
    };
    let kept = editing!(&app, &who, |editor| { Ok(editor.add_contact(contact.clone()).await?) });
    Ok(Answer::created(&ContactView::new(&kept), format!("{}/contacts/{}", super::BASE, kept.id)))
}

/// Show a contact
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(ContactPath),
    responses((status = 200, description = "The contact", body = ContactView)),
    security(("token" = ["read"])))]
async fn show_contact(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<ContactPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let contact = reader(&app).await?.contact(path.id).await?;
    Ok(Answer::read(&ContactView::new(&contact), &conditions))
}

/// What shall be different about a contact. What is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ContactChange {
    /// The name.
    name: Option<String>,
    /// The firm or department.
    organisation: Option<String>,
    /// The book it stands in.
    book: Option<String>,
    /// Only for the user of this phone; null for everybody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    /// All its numbers instead of those that are there.
    numbers: Option<Vec<NumberView>>,
}

impl ContactChange {
    fn apply(&self, contact: &mut Contact) -> Result<(), Problem> {
        if let Some(name) = &self.name {
            contact.name = text("name", &edit::person(name)?)?;
        }
        if let Some(organisation) = &self.organisation {
            contact.organisation = text("organisation", organisation)?;
        }
        if let Some(book) = &self.book {
            contact.book = text("book", book)?;
        }
        if let Some(asked) = &self.owner {
            contact.owner = asked.as_deref().map(|text| owner("owner", text)).transpose()?;
        }
        if let Some(written) = &self.numbers {
            contact.numbers = numbers(written.clone())?;
        }
        Ok(())
    }
}

/// Change a contact
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(ContactPath), request_body = ContactChange,
    responses((status = 200, description = "The contact as it is now", body = ContactView)),
    security(("token" = ["operate"])))]
async fn change_contact(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<ContactPath>,
    conditions: Conditions,
    Json(body): Json<ContactChange>,
) -> Result<Answer, Problem> {
    let contact = editing!(&app, &who, |editor| {
        let before = editor.contact(path.id).await?;
        conditions.hold_for(&ContactView::new(&before))?;
        let mut contact = before.clone();
        body.apply(&mut contact)?;
        if contact != before {
            editor.change(&[Change::PutContact(contact.clone())]).await?;
        }
        Ok(contact)
    });
    Ok(Answer::changed(&ContactView::new(&contact)))
}

/// Remove a contact
#[utoipa::path(delete, path = "/contacts/{id}", tag = "contacts", params(ContactPath),
    responses((status = 200, description = "What it was", body = ContactView)),
    security(("token" = ["operate"])))]
async fn remove_contact(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<ContactPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let gone = editing!(&app, &who, |editor| {
        let contact = editor.contact(path.id).await?;
        conditions.hold_for(&ContactView::new(&contact))?;
        editor.remove_contacts(&[path.id]).await?;
        Ok(contact)
    });
    Ok(Answer::done(&ContactView::new(&gone)))
}
