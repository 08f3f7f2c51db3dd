//! A virtual phone that walks services the way a user does.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses what it needs")]

use pki::Certificate;
use virtual_phone::models::Model;
use virtual_phone::services::{Browser, Caller, Fetcher, Received, Request, Step};

/// A phone at a server.
pub struct Visitor {
    pub browser: Browser,
    pub fetcher: Fetcher,
}

impl Visitor {
    /// A phone of that model; without certificates it trusts every server.
    pub fn new(model: &'static Model, trusted: Option<Vec<Certificate>>) -> Self {
        let mut caller = Caller::new(model, "SEP001122334455");
        caller.locale = Some("germany".to_owned());
        Self { browser: Browser::new(caller), fetcher: Fetcher::new(model, trusted).unwrap() }
    }

    async fn take(&mut self, request: Request) {
        let response = self.fetcher.fetch(&request).await.unwrap();
        let Received::Page(pictures) = self.browser.receive(&request, &response).unwrap() else { panic!() };
        for picture in pictures {
            let response = self.fetcher.fetch(&picture).await.unwrap();
            self.browser.receive_picture(&picture, &response).unwrap();
        }
    }

    /// Goes to an address.
    pub async fn open(&mut self, url: &str) {
        let request = self.browser.open(url);
        self.take(request).await;
    }

    /// Presses a key that changes what is shown.
    pub async fn press(&mut self, key: &str) {
        match self.browser.press(key).unwrap() {
            Step::Fetch(request) => self.take(request).await,
            Step::Shows => {}
            step => panic!("{key}: {step:?}"),
        }
    }

    /// What stands above the page.
    pub fn title(&self) -> &str {
        &self.browser.shown().unwrap().title
    }
}
