//! Where the address books are: the address that was configured, or what its server tells of the user's.

use super::client::{Ask, Client};
use super::dav::{self, Response};
use super::trouble::Trouble;
use super::{Book, multistatus};
use crate::directory::Url;

/// Nobody has more address books than a few.
const MOST: usize = 64;
/// Where servers tell the rest (RFC 6764).
const WELL_KNOWN: &str = "/.well-known/carddav";

/// The address books, each as it is now. Those that were `known` are only looked at; if one is gone, all are looked for
/// again.
pub(super) async fn books(client: &mut Client, url: &Url, known: &[Book]) -> Result<Vec<Book>, Trouble> {
    let mut books = Vec::new();
    for book in known {
        match about(client, &book.url).await {
            Ok(said) if said.is_book => books.push(said.book()),
            Ok(_) | Err(Trouble::Status(..)) => break,
            Err(trouble) => return Err(trouble),
        }
    }
    if !books.is_empty() && books.len() == known.len() {
        return Ok(books);
    }
    look(client, url).await
}

async fn look(client: &mut Client, url: &Url) -> Result<Vec<Book>, Trouble> {
    let mut said = match about(client, url).await {
        Ok(said) => said,
        // The root of some servers is a page for people.
        Err(Trouble::Status(..) | Trouble::Nonsense(..)) if url.path == "/" => {
            about(client, &Url { path: WELL_KNOWN.to_owned(), ..url.clone() }).await?
        }
        Err(trouble) => return Err(trouble),
    };
    if said.is_book {
        return Ok(vec![said.book()]);
    }
    if let (true, Some(principal)) = (said.response.homes.is_empty(), said.response.principal.clone()) {
        said = about(client, &said.beside(&principal)?).await?;
    }
    let mut books = Vec::new();
    // An address that is a home itself has its address books right below.
    let mut homes = vec![said.url.clone()];
    for home in &said.response.homes {
        homes.push(said.beside(home)?);
    }
    for home in homes.iter().rev().take(MOST) {
        let answer = client.ask(home, Ask { method: "PROPFIND", depth: "1", body: dav::ABOUT }).await?;
        for response in multistatus(&answer)?.responses.into_iter().filter(|response| response.is_book) {
            let said = Said { url: answer.url.clone(), is_book: true, response };
            let at = said.beside(&said.response.href)?;
            let book = Said { url: at, ..said }.book();
            if books.len() < MOST && !books.iter().any(|one: &Book| one.url == book.url) {
                books.push(book);
            }
        }
        if !books.is_empty() {
            return Ok(books);
        }
    }
    Err(Trouble::NoBook(url.clone()))
}

/// What a server says of one address.
struct Said {
    url: Url,
    is_book: bool,
    response: Response,
}

async fn about(client: &mut Client, url: &Url) -> Result<Said, Trouble> {
    let answer = client.ask(url, Ask { method: "PROPFIND", depth: "0", body: dav::ABOUT }).await?;
    let response = multistatus(&answer)?.responses.into_iter().next();
    let response = response.ok_or_else(|| Trouble::NoBook(answer.url.clone()))?;
    Ok(Said { url: answer.url, is_book: response.is_book, response })
}

impl Said {
    /// Another address that it names, on the same server.
    fn beside(&self, said: &str) -> Result<Url, Trouble> {
        let to = self.url.join(said).map_err(|why| Trouble::Nonsense(self.url.clone(), why))?;
        if to.is_beside(&self.url) {
            Ok(to)
        } else {
            Err(Trouble::Elsewhere(self.url.clone(), to.to_string()))
        }
    }

    fn book(self) -> Book {
        Book { url: self.url, token: self.response.token, tag: self.response.tag }
    }
}
