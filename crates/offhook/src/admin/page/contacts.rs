//! Contacts: whom phones find in their directories.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::{get, post};
use http::StatusCode;
use provision::inventory::{Change, Contact, ContactNumber, NumberKind};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::ContactQuery;

use super::answer::{Answer, Refused};
use super::form::Filled;
use super::frame::Frame;
use super::paging::{Pager, ROWS};
use crate::admin::access::{Operator, Viewer};
use crate::edit::{self, BOOK, Editor, NUMBER_KINDS};
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/contacts", get(list))
        .route("/contacts/new", get(new).post(add))
        .route("/contacts/{id}", get(one).post(change))
        .route("/contacts/{id}/remove", post(remove))
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    book: String,
    #[serde(default, skip_serializing)]
    page: u64,
}

#[derive(Template)]
#[template(path = "contacts.html")]
struct List {
    frame: Frame,
    asked: Asked,
    contacts: Vec<Contact>,
    books: Vec<String>,
    pager: Pager,
}

fn word(kind: &NumberKind) -> &'static str {
    edit::word_of_number(*kind)
}

async fn list(frame: Frame, _: Viewer, Query(asked): Query<Asked>) -> Answer {
    let store = frame.store()?;
    let query = ContactQuery {
        text: Some(asked.q.trim().to_owned()).filter(|text| !text.is_empty()),
        books: Some(vec![asked.book.clone()]).filter(|_| !asked.book.is_empty()),
        any_owner: true,
        ..ContactQuery::default()
    };
    let part = store::Page { after: None, offset: Pager::offset(asked.page), limit: ROWS };
    let listed = store.contacts(&query, &part).await?;
    let pager = Pager::new(asked.page, listed.total, "/contacts", &asked);
    let books = store.books().await?;
    frame.clone().page(&List { frame, asked, contacts: listed.rows, books, pager })
}

#[derive(Template)]
#[template(path = "contact.html")]
struct One {
    frame: Frame,
    title: String,
    action: String,
    name: String,
    organisation: String,
    book: String,
    owner: String,
    numbers: Vec<(&'static str, String)>,
    kinds: Vec<&'static str>,
    books: Vec<String>,
    wrong: Option<String>,
}

/// Rows for numbers that are not there yet.
const SPARE: usize = 3;

impl One {
    async fn of(frame: Frame, contact: &Contact) -> Result<Self, Refused> {
        let numbers = contact.numbers.iter().map(|number| (word(&number.kind), number.number.clone()));
        let spare = std::iter::repeat_n(("work", String::new()), SPARE);
        let there = contact.id != 0;
        Ok(Self {
            title: if there { contact.name.clone() } else { "New contact".to_owned() },
            action: if there { format!("/contacts/{}", contact.id) } else { "/contacts/new".to_owned() },
            name: contact.name.clone(),
            organisation: contact.organisation.clone(),
            book: contact.book.clone(),
            owner: contact.owner.map(Mac::device_name).unwrap_or_default(),
            numbers: numbers.chain(spare).collect(),
            kinds: NUMBER_KINDS.iter().map(|(_, word)| *word).collect(),
            books: frame.store()?.books().await?,
            wrong: None,
            frame,
        })
    }
}

fn blank() -> Contact {
    Contact {
        id: 0,
        book: BOOK.to_owned(),
        owner: None,
        name: String::new(),
        organisation: String::new(),
        numbers: Vec::new(),
    }
}

async fn new(frame: Frame, _: Operator) -> Answer {
    let page = One::of(frame, &blank()).await?;
    page.frame.page(&page)
}

async fn one(frame: Frame, _: Operator, Path(id): Path<i64>) -> Answer {
    let contact = frame.store()?.contact(id).await?.ok_or(Refused::NothingThere)?;
    let page = One::of(frame, &contact).await?;
    page.frame.page(&page)
}

async fn add(frame: Frame, _: Operator, form: Filled) -> Answer {
    keep(frame, 0, &form).await
}

async fn change(frame: Frame, _: Operator, Path(id): Path<i64>, form: Filled) -> Answer {
    if frame.store()?.contact(id).await?.is_none() {
        return Err(Refused::NothingThere);
    }
    keep(frame, id, &form).await
}

/// Keeps what was filled in, or shows it again with what is wrong.
async fn keep(frame: Frame, id: i64, form: &Filled) -> Answer {
    let kept = match read(id, form) {
        Ok(contact) => kept(&frame, contact).await,
        Err(refused) => Err(refused),
    };
    match kept {
        Ok(name) => frame.back_to("/contacts", &format!("{name} is kept")),
        Err(Refused::Wrong(problem)) => {
            let typed = Contact { id, name: form.text("name").to_owned(), ..blank() };
            let mut page = One::of(frame, &typed).await?;
            page.organisation = form.text("organisation").to_owned();
            page.book = form.text("book").to_owned();
            page.owner = form.text("owner").to_owned();
            let known =
                |kind: &str| page.kinds.iter().find(|known| **known == kind).copied().unwrap_or("work");
            let rows = form.all("kind").zip(form.all("number"));
            page.numbers = rows.map(|(kind, number)| (known(kind), number.to_owned())).collect();
            page.wrong = Some(problem);
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

fn read(id: i64, form: &Filled) -> Result<Contact, Refused> {
    let mut numbers = Vec::new();
    for (kind, number) in form.all("kind").zip(form.all("number")) {
        let number = number.trim();
        if !number.is_empty() {
            let kind = edit::kind_of_number(kind).map_err(Refused::Wrong)?;
            numbers.push(ContactNumber { kind, number: number.to_owned() });
        }
    }
    if numbers.is_empty() {
        return Err(Refused::Wrong("A contact needs a number.".to_owned()));
    }
    let owner = form.some("owner").map(|owner| {
        owner
            .parse::<Mac>()
            .map_err(|_| Refused::Wrong(format!("{owner:?} is no phone: write SEP and its address.")))
    });
    Ok(Contact {
        id,
        book: form.some("book").unwrap_or(BOOK).to_owned(),
        owner: owner.transpose()?,
        name: edit::person(form.text("name"))?,
        organisation: form.text("organisation").to_owned(),
        numbers,
    })
}

async fn kept(frame: &Frame, contact: Contact) -> Result<String, Refused> {
    let name = contact.name.clone();
    let editor = Editor::begin(frame.store()?).await?;
    editor.change(&[Change::PutContact(contact)]).await?;
    Ok(name)
}

async fn remove(frame: Frame, _: Operator, Path(id): Path<i64>, _: Filled) -> Answer {
    let editor = Editor::begin(frame.store()?).await?;
    let names = editor.remove_contacts(&[id]).await?;
    frame.back_to("/contacts", &format!("{} removed", names.join(", ")))
}
