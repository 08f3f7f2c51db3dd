//! The phone's user at work: pages come and go, things are chosen, keys are pressed.

use std::collections::BTreeMap;

use super::object::{Content, Page, Refusal, SoftKey, Source};
use super::request::{Caller, Request, Response, escape, is_old};
use super::uri::is_http;
use crate::models::Series;

/// A phone that shows services.
#[derive(Debug)]
pub struct Browser {
    caller: Caller,
    /// What is on the screen, and what Back goes to, the newest last.
    stack: Vec<Shown>,
    /// Cookies by host.
    cookies: BTreeMap<String, Vec<String>>,
    /// The item chosen last; it stands above a page without a title.
    chosen_name: String,
}

/// A page on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where it came from.
    pub url: String,
    /// The page.
    pub page: Page,
    /// The title, or what stands in its place.
    pub title: String,
    /// The soft keys, its own or the phone's.
    pub keys: Vec<SoftKey>,
    /// Which item, entry, field or line is at the cursor, from 0.
    pub cursor: usize,
    /// The pictures it needs, by address; absent while not fetched.
    pub pictures: BTreeMap<String, Vec<u8>>,
    refresh: Option<(u32, Option<String>)>,
    passing: bool,
}

/// What comes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something is to be fetched.
    Fetch(Request),
    /// The screen has changed.
    Shows,
    /// The phone does something beside the screen, such as dialling.
    Does(String),
    /// Services are left.
    Leaves,
}

/// What came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A page, and the pictures it needs.
    Page(Vec<Request>),
    /// Nothing to show: what is to be fetched instead, and what the phone does by itself.
    Execute(Vec<Request>, Vec<String>),
}

/// A key that does nothing here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// Nothing is on the screen.
    #[error("nothing is on the screen to press {0:?} on")]
    Nothing(String),
    /// No such key.
    #[error("there is no {pressed:?} here; there is {there}")]
    NoSuchKey {
        /// What was to be pressed.
        pressed: String,
        /// What could have been.
        there: String,
    },
    /// Nothing is chosen.
    #[error("there is nothing to choose here")]
    NothingToChoose,
    /// The address cannot be followed.
    #[error("the phone cannot follow {0}")]
    NotFollowed(String),
}

/// The longest way back any phone is asked to keep.
const DEEPEST: usize = 32;

impl Browser {
    /// A phone with nothing on its screen.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self { caller, stack: Vec::new(), cookies: BTreeMap::new(), chosen_name: String::new() }
    }

    /// The phone.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What is on the screen.
    #[must_use]
    pub fn shown(&self) -> Option<&Shown> {
        self.stack.last()
    }

    /// The request for an address.
    #[must_use]
    pub fn open(&self, url: &str) -> Request {
        self.request(self.caller.address(url), None)
    }

    /// Takes an answer to a page.
    pub fn receive(&mut self, request: &Request, response: &Response) -> Result<Received, Refusal> {
        response.take_cookies(self.cookies.entry(host(&request.url)).or_default());
        if response.status != 200 {
            let shown = if response.status == 404 { "File Not Found" } else { "HTTP Error[8]: Unknown" };
            return Err(Refusal { shown, why: format!("HTTP status {}", response.status) });
        }
        let kind = response.header("content-type").unwrap_or_default();
        let page = Page::read(&response.body, kind, self.caller.model, &self.caller.accepts)?;
        if let Content::Execute(urls) = &page.content {
            let (on_servers, own): (Vec<&String>, Vec<&String>) = urls.iter().partition(|url| is_http(url));
            let fetch = on_servers.into_iter().map(|url| self.open(url)).collect();
            return Ok(Received::Execute(fetch, own.into_iter().cloned().collect()));
        }
        let pictures = page_pictures(&page);
        let shown = self.prepare(&request.url, page, response);
        // A page that says so is gone once another comes.
        if self.stack.last().is_some_and(|below| below.passing || below.url == shown.url) {
            self.stack.pop();
        }
        if self.stack.len() == DEEPEST {
            self.stack.remove(0);
        }
        self.stack.push(shown);
        Ok(Received::Page(pictures.into_iter().map(|url| self.request(url, None)).collect()))
    }

    /// Takes a picture of the page on the screen.
    pub fn receive_picture(&mut self, request: &Request, response: &Response) -> Result<(), Refusal> {
        let kind = response.header("content-type").unwrap_or_default();
        if response.status != 200 || !kind.starts_with("image/png") {
            let why = format!("a picture with status {} and type {kind:?}", response.status);
            return Err(Refusal { shown: "HTTP Error[8]: Unknown", why });
        }
        if let Some(shown) = self.stack.last_mut() {
            shown.pictures.insert(request.url.clone(), response.body.clone());
        }
        Ok(())
    }

    /// Presses a key: a number chooses an item, `up` and `down` move, `field=value` fills in, `back` goes back; anything
    /// else is the label of a soft key.
    pub fn press(&mut self, key: &str) -> Result<Step, PressError> {
        let key = key.trim();
        let Some(shown) = self.stack.last_mut() else { return Err(PressError::Nothing(key.to_owned())) };
        if let Some((name, value)) = key.split_once('=')
            && let Content::Form { fields, .. } = &mut shown.page.content
        {
            let same = |text: &str| text.eq_ignore_ascii_case(name.trim());
            let at = fields.iter().position(|field| same(&field.parameter) || same(&field.label));
            let at = at.ok_or_else(|| shown_keys(key, fields.iter().map(|field| field.label.as_str())))?;
            fields[at].value = value.to_owned();
            shown.cursor = at;
            return Ok(Step::Shows);
        }
        let most = shown.count();
        match key.to_ascii_lowercase().as_str() {
            "down" => shown.cursor = (shown.cursor + 1).min(most.saturating_sub(1)),
            "up" => shown.cursor = shown.cursor.saturating_sub(1),
            "back" => return Ok(self.back()),
            _ if key.bytes().all(|byte| byte.is_ascii_digit()) && !key.is_empty() => return self.digit(key),
            _ => return self.soft_key(key),
        }
        Ok(Step::Shows)
    }

    fn digit(&mut self, key: &str) -> Result<Step, PressError> {
        let Some(shown) = self.stack.last_mut() else { return Err(PressError::Nothing(key.to_owned())) };
        let number: usize = key.parse().unwrap_or(0);
        let number = if number == 0 { 10 } else { number };
        if number > shown.count() {
            return Err(shown_keys(key, [format!("1 to {}", shown.count()).as_str()]));
        }
        shown.cursor = number - 1;
        // Pictures have nothing to highlight: the digit acts.
        if let Content::Picture { items, .. } = &shown.page.content {
            let item = items[number - 1].clone();
            return self.follow(&item.url, Some(item.name));
        }
        Ok(Step::Shows)
    }

    fn soft_key(&mut self, label: &str) -> Result<Step, PressError> {
        let shown = self.stack.last().expect("whoever presses a key has seen a page");
        let found = shown.keys.iter().find(|key| key.name.eq_ignore_ascii_case(label));
        let url = match found {
            Some(key) => key.url.clone(),
            // The button in the middle of the ring.
            None if label.eq_ignore_ascii_case("select") => "SoftKey:Select".to_owned(),
            None => return Err(shown_keys(label, shown.keys.iter().map(|key| key.name.as_str()))),
        };
        match url.as_str() {
            "SoftKey:Select" => {
                let (url, name) = shown.at_cursor().ok_or(PressError::NothingToChoose)?;
                self.follow(&url, Some(name))
            }
            "SoftKey:Dial" | "SoftKey:EditDial" => {
                let (url, _) = shown.at_cursor().ok_or(PressError::NothingToChoose)?;
                Ok(Step::Does(url))
            }
            "SoftKey:Submit" | "SoftKey:Search" => self.submit(),
            "SoftKey:Next" | "SoftKey:Update" => {
                let url = shown
                    .refresh
                    .as_ref()
                    .and_then(|(_, url)| url.clone())
                    .unwrap_or_else(|| shown.url.clone());
                Ok(Step::Fetch(self.request(url, None)))
            }
            "SoftKey:<<" => {
                let shown = self.stack.last_mut().expect("whoever presses a key has seen a page");
                let at = shown.cursor;
                if let Content::Form { fields, .. } = &mut shown.page.content
                    && let Some(field) = fields.get_mut(at)
                {
                    field.value.pop();
                }
                Ok(Step::Shows)
            }
            "SoftKey:Back" | "SoftKey:Cancel" => Ok(self.back()),
            "SoftKey:Exit" => {
                self.stack.clear();
                Ok(Step::Leaves)
            }
            url => {
                // A parameter of the item belongs to the address of the key.
                let parameter = shown
                    .at_cursor()
                    .and_then(|(item, _)| Some(item.strip_prefix("QueryStringParam:")?.to_owned()));
                let url = parameter
                    .filter(|_| is_http(url))
                    .map_or_else(|| url.to_owned(), |parameter| with(url, &parameter));
                self.follow(&url, None)
            }
        }
    }

    /// Follows an address, or does what the phone can do by itself.
    fn follow(&mut self, url: &str, name: Option<String>) -> Result<Step, PressError> {
        if let Some(name) = name {
            self.chosen_name = name;
        }
        if is_http(url) {
            return Ok(Step::Fetch(self.open(url)));
        }
        if let Some(parameter) = url.strip_prefix("QueryStringParam:") {
            let item = self
                .stack
                .last()
                .and_then(Shown::at_cursor)
                .map(|(item, _)| item)
                .filter(|item| is_http(item));
            let item = item.ok_or_else(|| PressError::NotFollowed(url.to_owned()))?;
            return Ok(Step::Fetch(self.open(&with(&item, parameter))));
        }
        match url {
            "SoftKey:Exit" | "Init:Services" | "Init:Directories" | "Init:Messages" => {
                self.stack.clear();
                Ok(Step::Leaves)
            }
            "SoftKey:Back" | "SoftKey:Cancel" => Ok(self.back()),
            _ => Ok(Step::Does(url.to_owned())),
        }
    }

    fn submit(&self) -> Result<Step, PressError> {
        let shown = self.stack.last().expect("whoever presses a key has seen a page");
        let Content::Form { url, post, fields } = &shown.page.content else {
            return Err(PressError::NothingToChoose);
        };
        let pairs: Vec<String> =
            fields.iter().map(|field| format!("{}={}", field.parameter, escape(&field.value))).collect();
        let form = pairs.join("&");
        Ok(Step::Fetch(if *post {
            self.request(self.caller.address(url), Some(form))
        } else {
            self.open(&with(url, &form))
        }))
    }

    fn back(&mut self) -> Step {
        self.stack.pop();
        if self.stack.is_empty() { Step::Leaves } else { Step::Shows }
    }

    fn request(&self, url: String, form: Option<String>) -> Request {
        let cookies = self.cookies.get(&host(&url)).map(Vec::as_slice).unwrap_or_default();
        Request { headers: self.caller.headers(cookies), url, form }
    }

    fn prepare(&self, url: &str, page: Page, response: &Response) -> Shown {
        let refresh = response.refresh();
        let title = match (&page.title, &page.prompt) {
            // The small screens have room for one of the two.
            (title, prompt)
                if self.caller.model.series == Series::S6900 && !title.is_empty() && !prompt.is_empty() =>
            {
                prompt
            }
            (title, _) if title.is_empty() => &self.chosen_name,
            (title, _) => title,
        };
        Shown {
            url: url.to_owned(),
            title: title.clone(),
            keys: self.keys(&page, refresh.is_some()),
            cursor: 0,
            pictures: BTreeMap::new(),
            refresh,
            passing: response.is_passing(),
            page,
        }
    }

    /// The page's own keys, or the phone's.
    fn keys(&self, page: &Page, refreshes: bool) -> Vec<SoftKey> {
        let old = is_old(self.caller.model);
        let key = |name: &str, position| SoftKey {
            name: name.to_owned(),
            url: format!("SoftKey:{name}"),
            position,
        };
        let mut keys = page.keys.clone();
        if keys.is_empty() {
            let usual: &[&str] = match &page.content {
                Content::Menu(_) if old => &["Select", "Exit"],
                Content::Menu(_) => &["Exit", "Select"],
                Content::Form { .. } => &["Submit", "<<", "Cancel"],
                Content::Directory(_) => &["Dial", "EditDial", "Cancel"],
                _ => &["Exit"],
            };
            let first = if refreshes { 2 } else { 1 };
            keys = usual.iter().enumerate().map(|(number, name)| key(name, first + number)).collect();
        }
        if refreshes && !keys.iter().any(|key| key.position == 1) {
            keys.insert(
                0,
                key(if matches!(page.content, Content::Directory(_)) { "Next" } else { "Update" }, 1),
            );
        }
        keys
    }
}

impl Shown {
    /// How many things the cursor can stand on.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.page.content {
            Content::Menu(items) | Content::Picture { items, .. } => items.len(),
            Content::Directory(entries) => entries.len(),
            Content::Form { fields, .. } => fields.len(),
            Content::Text(text) => text.len().max(1),
            Content::Execute(_) => 0,
        }
    }

    /// What the item at the cursor leads to, and its name.
    fn at_cursor(&self) -> Option<(String, String)> {
        match &self.page.content {
            Content::Menu(items) | Content::Picture { items, .. } => {
                items.get(self.cursor).map(|item| (item.url.clone(), item.name.clone()))
            }
            Content::Directory(entries) => {
                entries.get(self.cursor).map(|(name, number)| (format!("Dial:{number}"), name.clone()))
            }
            _ => None,
        }
    }
}

fn page_pictures(page: &Page) -> Vec<String> {
    let mut urls = Vec::new();
    let mut add = |source: &Source| {
        if let Source::File(url) = source
            && is_http(url)
            && !urls.contains(url)
        {
            urls.push(url.clone());
        }
    };
    match &page.content {
        Content::Picture { source, .. } => add(source),
        Content::Menu(items) => items.iter().filter_map(|item| item.icon.as_ref()).for_each(add),
        _ => {}
    }
    urls
}

fn shown_keys<'a>(pressed: &str, there: impl IntoIterator<Item = &'a str>) -> PressError {
    let there = there.into_iter().collect::<Vec<_>>().join(", ");
    PressError::NoSuchKey {
        pressed: pressed.to_owned(),
        there: if there.is_empty() { "nothing".to_owned() } else { there },
    }
}

fn with(url: &str, parameters: &str) -> String {
    format!("{url}{}{parameters}", if url.contains('?') { '&' } else { '?' })
}

fn host(url: &str) -> String {
    let rest = url.split_once("//").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
