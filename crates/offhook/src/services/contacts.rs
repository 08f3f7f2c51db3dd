//! `/contacts`: the contacts that the user of a phone keeps for themselves: listed, called, added, changed and removed there.
//!
//! They stand in the inventory beside those of everybody, so the directory finds them and a command changes them, too.

mod entered;
mod kept;

use std::time::{Duration, Instant};

use provision::inventory::{Contact, NumberKind};
use provision::mac::Mac;
use provision::objects::paging::Page as Part;
use provision::objects::{Entry, Input, MOST_ITEMS, Menu, Screen, Target, Text, dialable};

use super::{Ask, Fault, Page, Rate, Route};

pub(super) const LIST: Route = Route { path: "/contacts", methods: "GET", answer: |ask| Box::pin(list(ask)) };
pub(super) const ONE: Route =
    Route { path: "/contacts/one", methods: "GET", answer: |ask| Box::pin(one(ask)) };
pub(super) const EDIT: Route =
    Route { path: "/contacts/edit", methods: "GET", answer: |ask| Box::pin(edit(ask)) };
pub(super) const KEEP: Route =
    Route { path: "/contacts/keep", methods: "GET, POST", answer: |ask| Box::pin(keep(ask)) };
pub(super) const REMOVE: Route =
    Route { path: "/contacts/remove", methods: "GET", answer: |ask| Box::pin(remove(ask)) };

const TITLE: &str = "Personal";

/// Changes of one phone: somebody who types in their notebook, and no program.
const PER_PHONE: u32 = 20;
const ONE_MORE_EVERY: Duration = Duration::from_secs(10);

/// Who changed a lot lately.
#[derive(Debug)]
pub(super) struct Counter(Rate<Mac>);

impl Default for Counter {
    fn default() -> Self {
        Self(Rate::new(PER_PHONE, ONE_MORE_EVERY))
    }
}

/// What a form asks for: the kind of number, its name in the address and on the screen.
const NUMBERS: [(NumberKind, &str, &str); 3] = [
    (NumberKind::Work, "work", "Work"),
    (NumberKind::Mobile, "mobile", "Mobile"),
    (NumberKind::Home, "home", "Home"),
];

async fn list(ask: Ask) -> Page {
    let owner = kept::owner(&ask).await?;
    let all = kept::all(&ask, owner).await?;
    let add = ask.link("/contacts/edit", &[])?;
    if all.is_empty() {
        let text = Text::new(ask.phone(), TITLE, "There is nobody here yet. Press Add.")?;
        return Ok(text.keys(|keys| keys.exit("Exit")?.act_with("Add", add))?.answer().passing());
    }
    let part = Part::of(&all, ask.number("page").unwrap_or(1), MOST_ITEMS);
    let mut menu = Menu::new(ask.phone(), TITLE)?.prompt("Call somebody, or change an entry");
    for contact in part.items {
        menu = menu.item(&contact.name, ask.link("/contacts/one", &[("id", &contact.id.to_string())])?)?;
    }
    let page = |number: usize| ask.link("/contacts", &[("page", &number.to_string())]);
    let next = part.next().map(page).transpose()?;
    Ok(menu
        .keys(|keys| {
            let keys = keys.exit("Exit")?.act("Select")?.further("Add", add)?;
            next.map_or(Ok(keys.clone()), |next| keys.back("More", next))
        })?
        .answer()
        .passing())
}

async fn one(ask: Ask) -> Page {
    let contact = kept::asked(&ask).await?;
    let id = contact.id.to_string();
    let mut menu = Menu::new(ask.phone(), &contact.name)?.prompt(&contact.organisation);
    for number in &contact.numbers {
        // A number that nobody can dial helps nobody.
        if let Ok(target) = Target::dial(&number.number) {
            let label = format!("Call {} ({})", number.number, label(number.kind));
            menu = menu.item(&label, target)?;
        }
    }
    menu = menu.item("Change", ask.link("/contacts/edit", &[("id", &id)])?)?;
    menu = menu.item("Remove", ask.link("/contacts/remove", &[("id", &id)])?)?;
    let back = ask.link("/contacts", &[])?;
    let keys = menu.keys(|keys| keys.exit("Exit")?.act("Select")?.further("List", back))?;
    Ok(keys.answer().passing())
}

fn label(kind: NumberKind) -> &'static str {
    NUMBERS.iter().find(|(known, ..)| *known == kind).map_or("other", |(_, word, _)| word)
}

/// The form, empty or filled with what is kept.
async fn edit(ask: Ask) -> Page {
    let owner = kept::owner(&ask).await?;
    let contact = match ask.number("id") {
        Some(_) => Some(kept::asked(&ask).await?),
        None => None,
    };
    let (id, title) = match &contact {
        Some(contact) => (contact.id.to_string(), "Change"),
        None => (String::new(), "Add"),
    };
    kept::may_change(&ask, owner).await?;
    let parameters: &[(&str, &str)] = if id.is_empty() { &[] } else { &[("id", &id)] };
    let input = Input::new(ask.phone(), title, ask.link("/contacts/keep", parameters)?)?.post_if_possible();
    let value = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let mut input = input
        .field("Name", "who", Entry::Any)?
        .value(&value(contact.as_ref().map(|contact| &*contact.name)))
        .field("Company", "firm", Entry::Any)?
        .value(&value(contact.as_ref().map(|contact| &*contact.organisation)));
    for (kind, word, label) in NUMBERS {
        let number = contact.as_ref().and_then(|contact| entered::first(contact, kind));
        let number = value(number.map(|number| &*number.number));
        // Keys for telephone numbers have no plus and no letters.
        let plain = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#'));
        let entry = if plain { Entry::Telephone } else { Entry::Any };
        input = input.field(label, word, entry)?.value(&number);
    }
    Ok(input.keys(|keys| keys.exit("Exit")?.act("Save"))?.answer().passing())
}

async fn keep(mut ask: Ask) -> Page {
    let sent = ask.form().await?;
    let said = |name: &str| sent.get(name).or_else(|| ask.parameter(name)).unwrap_or_default().to_owned();
    let owner = kept::owner(&ask).await?;
    kept::may_change(&ask, owner).await?;
    let before = match said("id").parse::<i64>() {
        Ok(_) => Some(kept::asked(&ask).await?),
        Err(_) => None,
    };
    let asked = entered::Entered {
        name: said("who"),
        organisation: said("firm"),
        numbers: NUMBERS.map(|(kind, word, _)| (kind, said(word))),
    };
    let contact = match asked.contact(before.as_ref(), owner) {
        Ok(contact) => contact,
        Err(problem) => return told(&ask, &problem, "Back", "/contacts/edit", before.as_ref()),
    };
    let name = contact.name.clone();
    if let Err(full) = kept::put(&ask, owner, contact).await? {
        return told(&ask, &full, "List", "/contacts", None);
    }
    told(&ask, &format!("{name} is in your list."), "List", "/contacts", None)
}

async fn remove(ask: Ask) -> Page {
    let contact = kept::asked(&ask).await?;
    let owner = kept::owner(&ask).await?;
    kept::may_change(&ask, owner).await?;
    if ask.parameter("sure").is_some() {
        let name = contact.name.clone();
        kept::take_away(&ask, owner, contact.id).await?;
        return told(&ask, &format!("{name} is not in your list any more."), "List", "/contacts", None);
    }
    let sure = ask.link("/contacts/remove", &[("id", &contact.id.to_string()), ("sure", "yes")])?;
    let text = Text::new(ask.phone(), TITLE, &format!("Remove {} from your list?", contact.name))?;
    let keys = text.keys(|keys| keys.exit("Exit")?.act_with("Remove", sure))?;
    Ok(keys.answer().passing())
}

/// A text, and one way on.
fn told(ask: &Ask, text: &str, key: &str, path: &str, of: Option<&Contact>) -> Page {
    let id = of.map(|contact| contact.id.to_string());
    let parameters: Vec<(&str, &str)> = id.as_deref().map(|id| ("id", id)).into_iter().collect();
    let on = ask.link(path, &parameters)?;
    let text = Text::new(ask.phone(), TITLE, text)?;
    Ok(text.keys(|keys| keys.exit("Exit")?.act_with(key, on))?.answer().passing())
}

/// Whether the phone that asks has such a list.
pub(super) async fn is_there(ask: &Ask) -> bool {
    kept::owner(ask).await.is_ok()
}

impl Counter {
    fn allows(&self, owner: Mac) -> Result<(), Fault> {
        if self.0.allows(owner, Instant::now()) { Ok(()) } else { Err(Fault::TooOften) }
    }
}

/// Something of it can be dialled.
fn is_number(text: &str) -> bool {
    !dialable(text).is_empty()
}
