//! An address book on a CardDAV server: read as a whole once, then only what changed.
//!
//! Which cards there are is asked first, then the cards in batches: however large an address book and its pictures are, no
//! answer needs to fit into memory as a whole. What changed is told by the server (sync token), or seen by comparing (ETag).

mod client;
mod dav;
mod find;
mod trouble;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use provision::phonebook::{self, Format, Options};

use super::Url;
use super::contacts::{everybodys, people};
use super::index::{Index, Person};
use client::{Answer, Ask, Client};
use dav::Multistatus;
use trouble::Trouble;

/// Cards of one question.
const BATCH: usize = 100;
/// A change of a hundred thousand cards comes in so many parts at most.
const PARTS: usize = 1000;
/// No address of a card is longer.
const LONGEST_PATH: usize = 2048;
/// After that a server is as good as away, however busy it seems.
const WHOLE: Duration = Duration::from_secs(900);

/// The way to the address books of one user.
#[derive(Clone)]
pub(super) struct CardDav {
    /// The name of the source, for the log.
    pub(super) name: String,
    pub(super) url: Url,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) authority: Option<PathBuf>,
    /// The most numbers taken.
    pub(super) most: usize,
}

/// What was read, with what is needed to read only changes next time.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) index: Index,
    books: Vec<Book>,
    cards: Vec<Card>,
}

/// One address book, as it was.
#[derive(Clone, Debug)]
struct Book {
    url: Url,
    token: Option<String>,
    /// An older way to tell whether something changed.
    tag: Option<String>,
}

/// A card that was read; people point at it by its place.
#[derive(Clone, Debug)]
struct Card {
    path: Box<str>,
    etag: Box<str>,
    /// The place of its address book.
    book: u32,
}

/// What is to be done so that one address book is as the server has it.
#[derive(Debug, Default)]
struct Changes {
    /// Cards to be fetched.
    fetch: Vec<String>,
    /// Cards of before that stay.
    stay: Vec<u32>,
}

impl CardDav {
    /// Everything, by way of what was read last.
    pub(super) async fn read(&self, last: Option<Arc<Shelf>>) -> Result<Arc<Shelf>, String> {
        let read = tokio::time::timeout(WHOLE, self.read_all(last)).await;
        read.map_err(|_| Trouble::Slow(self.url.authority()).to_string())?
            .map_err(|trouble| trouble.to_string())
    }

    async fn read_all(&self, last: Option<Arc<Shelf>>) -> Result<Arc<Shelf>, Trouble> {
        let mut client = Client::new(&self.user, &self.password, self.authority.as_deref())?;
        let known = last.as_ref().map(|last| last.books.clone()).unwrap_or_default();
        let books = find::books(&mut client, &self.url, &known).await?;
        if let Some(last) = &last
            && books.len() == known.len()
            && books.iter().zip(&known).all(|(now, before)| now.is_as(before))
        {
            return Ok(last.clone());
        }
        let mut shelf = Filling { books, ..Filling::default() };
        for place in 0..shelf.books.len() {
            let changes = self.changes(&mut client, &mut shelf.books, place, last.as_deref()).await?;
            shelf.keep(place, &changes.stay, last.as_deref());
            self.fetch(&mut client, &mut shelf, place, changes.fetch).await?;
        }
        if shelf.faults > 0 {
            tracing::warn!(
                source = self.name,
                cards = shelf.faults,
                "some cards cannot be read and are left out"
            );
        }
        // Sorting takes its time, and others wait on this thread.
        let shelf = tokio::task::spawn_blocking(move || shelf.done()).await;
        shelf.map(Arc::new).map_err(|error| Trouble::Away(self.url.authority(), error.to_string()))
    }

    /// What became of one address book since.
    async fn changes(
        &self,
        client: &mut Client,
        books: &mut [Book],
        place: usize,
        last: Option<&Shelf>,
    ) -> Result<Changes, Trouble> {
        let Some(book) = books.get_mut(place) else { return Ok(Changes::default()) };
        let before =
            last.and_then(|last| Some((last, last.books.iter().position(|one| one.url == book.url)?)));
        let mut known: HashMap<&str, u32> = HashMap::new();
        if let Some((last, place)) = before {
            let own = (0..).zip(&last.cards).filter(|(_, card)| card.book as usize == place);
            known.extend(own.map(|(number, card)| (&*card.path, number)));
        }
        let token = before.and_then(|(last, place)| last.books.get(place)?.token.clone());
        if let (Some(token), Some(_)) = (token, &book.token)
            && let Some((listed, next)) = self.told(client, &book.url, token).await?
        {
            book.token = Some(next);
            for (path, is_there) in &listed {
                known.remove(path.as_str());
                tracing::debug!(source = self.name, path, is_there, "a card changed");
            }
            let fetch = listed.into_iter().filter(|(_, is_there)| *is_there).map(|(path, _)| path).collect();
            return Ok(Changes { fetch, stay: known.into_values().collect() });
        }
        let mut changes = Changes::default();
        for (path, etag) in self.listed(client, &book.url).await? {
            let same = known.get(path.as_str()).copied().filter(|number| {
                let card = before.and_then(|(last, _)| last.cards.get(*number as usize));
                !etag.is_empty() && card.is_some_and(|card| *card.etag == *etag)
            });
            match same {
                Some(number) => changes.stay.push(number),
                None => changes.fetch.push(path),
            }
        }
        Ok(changes)
    }

    /// What a server tells of changes since the token: cards, and whether they are still there; and the next token. Nothing
    /// if it does not know the token any more.
    async fn told(
        &self,
        client: &mut Client,
        url: &Url,
        token: String,
    ) -> Result<Option<(Vec<(String, bool)>, String)>, Trouble> {
        let (mut all, mut token) = (HashMap::new(), token);
        for _ in 0..PARTS {
            let body = dav::changes(&token);
            let answer = client.ask(url, Ask { method: "REPORT", depth: "0", body: &body }).await?;
            if !answer.status.is_success() {
                return Ok(None);
            }
            let read = multistatus(&answer)?;
            let Some(next) = read.token else { return Ok(None) };
            let mut more = false;
            for response in read.responses {
                let Ok(at) = answer.url.join(&response.href) else { continue };
                if at.path == url.path {
                    more |= response.status == Some(507);
                } else if at.is_beside(url) && at.path.len() <= LONGEST_PATH {
                    all.insert(at.path, response.status != Some(404));
                }
            }
            token = next;
            if !more {
                return Ok(Some((all.into_iter().collect(), token)));
            }
        }
        Ok(None)
    }

    /// All cards that are worth reading, with their marks.
    async fn listed(&self, client: &mut Client, url: &Url) -> Result<Vec<(String, String)>, Trouble> {
        let mut answer = client.ask(url, Ask { method: "REPORT", depth: "1", body: dav::CALLABLE }).await?;
        if !answer.status.is_success() {
            // Some servers search none.
            answer = client.ask(url, Ask { method: "PROPFIND", depth: "1", body: dav::EVERYTHING }).await?;
        }
        let mut found = Vec::new();
        for response in multistatus(&answer)?.responses {
            let Ok(at) = answer.url.join(&response.href) else { continue };
            let is_card = !response.is_folder
                && response.status.is_none_or(|status| status == 200)
                && at.path != url.path;
            if is_card && at.is_beside(url) && at.path.len() <= LONGEST_PATH && found.len() < self.most {
                found.push((at.path, response.etag.unwrap_or_default()));
            }
        }
        Ok(found)
    }

    /// Fetches cards, fewer at a time where they are large.
    async fn fetch(
        &self,
        client: &mut Client,
        shelf: &mut Filling,
        book: usize,
        paths: Vec<String>,
    ) -> Result<(), Trouble> {
        let Some(url) = shelf.books.get(book).map(|book| book.url.clone()) else { return Ok(()) };
        let mut batches: Vec<&[String]> = paths.chunks(BATCH).rev().collect();
        while let Some(batch) = batches.pop() {
            if shelf.people.len() >= self.most {
                tracing::warn!(
                    source = self.name,
                    most = self.most,
                    "a source of the directory has more numbers than are taken"
                );
                shelf.people.truncate(self.most);
                return Ok(());
            }
            let body = dav::cards(batch.iter().map(String::as_str));
            match client.ask(&url, Ask { method: "REPORT", depth: "0", body: &body }).await {
                Ok(answer) => shelf.take(&answer, book, &self.name)?,
                Err(Trouble::TooLarge(..)) if batch.len() > 1 => {
                    let (one, other) = batch.split_at(batch.len() / 2);
                    batches.extend([other, one]);
                }
                Err(Trouble::TooLarge(..)) => shelf.faults += 1,
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }
}

impl Book {
    /// Whether the server says that nothing changed since.
    fn is_as(&self, before: &Self) -> bool {
        let same = |now: &Option<String>, before: &Option<String>| now.is_some() && now == before;
        self.url == before.url && (same(&self.token, &before.token) || same(&self.tag, &before.tag))
    }
}

/// A shelf that is being filled.
#[derive(Debug, Default)]
struct Filling {
    books: Vec<Book>,
    cards: Vec<Card>,
    people: Vec<Person>,
    /// Cards that cannot be read.
    faults: usize,
}

impl Filling {
    /// Takes over what did not change.
    fn keep(&mut self, book: usize, stay: &[u32], last: Option<&Shelf>) {
        let Some(last) = last.filter(|_| !stay.is_empty()) else { return };
        let mut now: HashMap<u32, u32> = HashMap::with_capacity(stay.len());
        for number in stay {
            if let Some(card) = last.cards.get(*number as usize) {
                now.insert(*number, self.put(card.clone(), book));
            }
        }
        let people = last.index.people().iter();
        self.people
            .extend(people.filter_map(|one| Some(Person { card: *now.get(&one.card)?, ..one.clone() })));
    }

    fn put(&mut self, card: Card, book: usize) -> u32 {
        self.cards.push(Card { book: number(book), ..card });
        number(self.cards.len() - 1)
    }

    fn take(&mut self, answer: &Answer, book: usize, name: &str) -> Result<(), Trouble> {
        for response in multistatus(answer)?.responses {
            let (Ok(at), Some(text)) = (answer.url.join(&response.href), response.card) else { continue };
            let card = Card { path: at.path.into(), etag: response.etag.unwrap_or_default().into(), book: 0 };
            let card = self.put(card, book);
            let options = Options { book: name, skip_unknown: true };
            // One card that is broken breaks no other.
            match phonebook::salvage(text.as_bytes(), Format::Vcard, options) {
                Ok((sheet, faults)) => {
                    self.faults += usize::from(!faults.list.is_empty());
                    for (_, contact) in sheet.contacts {
                        let all = everybodys(contact);
                        self.people.extend(people(&all).map(|one| Person { card, ..one }));
                    }
                }
                Err(_) => self.faults += 1,
            }
        }
        Ok(())
    }

    fn done(self) -> Shelf {
        Shelf { index: Index::of(self.people), books: self.books, cards: self.cards }
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).expect("sources have at most a million numbers")
}

fn multistatus(answer: &Answer) -> Result<Multistatus, Trouble> {
    if !answer.status.is_success() {
        return Err(Trouble::Status(answer.url.clone(), answer.status));
    }
    Multistatus::read(&answer.body).map_err(|why| Trouble::Nonsense(answer.url.clone(), why))
}

impl std::fmt::Debug for CardDav {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardDav").field("url", &self.url).field("user", &self.user).finish_non_exhaustive()
    }
}
