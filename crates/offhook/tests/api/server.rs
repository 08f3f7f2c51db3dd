//! A server, and programs that may do as much as each scope lets them.

use std::ops::Deref;

use offhook::admin::api::token::{self, Scope};

use crate::asking::{Ask, Reply};
use crate::support::admin::Admin;

pub(crate) struct Server {
    admin: Admin,
    /// What a program of each scope shows.
    tokens: [String; 3],
}

impl Server {
    pub(crate) async fn new() -> Self {
        Self::start(false).await
    }

    /// The same with certificates.
    pub(crate) async fn trusted() -> Self {
        Self::start(true).await
    }

    async fn start(trusted: bool) -> Self {
        let admin = Admin::start(trusted).await;
        let mut tokens = Vec::new();
        for scope in Scope::ALL {
            tokens.push(token::make(&admin.store, scope.word(), scope, None).await.unwrap().shown);
        }
        Self { admin, tokens: tokens.try_into().unwrap() }
    }

    /// What a program of that scope shows: 0 reads, 1 operates, 2 administers.
    pub(crate) fn token(&self, scope: usize) -> &str {
        &self.tokens[scope]
    }

    /// A request of a program that may do everything.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(self.address, method, path).token(self.token(2))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path).send().await
    }

    /// What is there; it must be.
    pub(crate) async fn read(&self, path: &str) -> serde_json::Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    }

    pub(crate) async fn post(&self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("POST", path).json(&body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("PUT", path).json(&body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("PATCH", path).json(&body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.ask("DELETE", path).send().await
    }
}

impl Deref for Server {
    type Target = Admin;

    fn deref(&self) -> &Admin {
        &self.admin
    }
}
