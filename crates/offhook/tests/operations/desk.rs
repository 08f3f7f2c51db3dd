//! A server whose admin listener serves, and somebody of each role who looks at its pages.

use std::ops::Deref;

use axum::response::IntoResponse;
use offhook::admin::access::Role as Rank;
use offhook::admin::page::session;
use offhook::admin::{Caller, people};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::PATIENCE;
use crate::support::admin::Admin;

pub(crate) struct Desk {
    admin: Admin,
    /// What the browser of each role shows.
    cookies: [String; 3],
}

/// Who looks: 0 a viewer, 1 an operator, 2 an administrator.
pub(crate) type Role = usize;

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::start(false).await
    }

    /// With certificates; making them takes a while.
    pub(crate) async fn trusted() -> Self {
        Self::start(true).await
    }

    async fn start(trusted: bool) -> Self {
        let admin = Admin::start(trusted).await;
        let (store, address) = (&admin.store, admin.address);
        let mut cookies = Vec::new();
        for rank in Rank::ALL {
            let name = rank.word();
            store.add_user(&people::newcomer(name.to_owned(), rank, people::now())).await.unwrap();
            store.set_password(name, "never asked for").await.unwrap();
            let caller = Caller { peer: address, secure: false };
            let begun = session::begin(store, name, caller, "tests").await.unwrap().into_response();
            let cookie = begun.headers().get("set-cookie").unwrap().to_str().unwrap().to_owned();
            cookies.push(cookie.split(';').next().unwrap().to_owned());
        }
        Self { admin, cookies: cookies.try_into().unwrap() }
    }

    pub(crate) async fn get(&self, role: Role, path: &str) -> Page {
        self.say(role, &format!("GET {path} HTTP/1.1\r\n"), "", b"").await
    }

    /// A page that must be there.
    pub(crate) async fn look(&self, role: Role, path: &str) -> String {
        let page = self.get(role, path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        page.text
    }

    /// Fills in a form of `path` and sends it to `to`.
    pub(crate) async fn fill(&self, role: Role, path: &str, to: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token(role, path).await;
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", &token).extend_pairs(fields);
        self.post(role, to, "application/x-www-form-urlencoded", body.finish().as_bytes()).await
    }

    /// Uploads a file by the form of `path`.
    pub(crate) async fn upload(
        &self,
        role: Role,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        bytes: &[u8],
    ) -> Page {
        let token = self.token(role, path).await;
        let mut body = Vec::new();
        for (field, value) in [("token", token.as_str())].iter().chain(fields) {
            body.extend(
                format!("--xYz\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
                    .bytes(),
            );
        }
        body.extend(
            format!("--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                .bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n--xYz--\r\n");
        self.post(role, "/files/put", "multipart/form-data; boundary=xYz", &body).await
    }

    /// The token that a page gives for its forms.
    pub(crate) async fn token(&self, role: Role, path: &str) -> String {
        let page = self.get(role, path).await;
        let token = page.text.split("name=\"token\" value=\"").nth(1).unwrap_or_default();
        token.split('"').next().unwrap_or_default().to_owned()
    }

    pub(crate) async fn post(&self, role: Role, to: &str, kind: &str, body: &[u8]) -> Page {
        let more = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        self.say(role, &format!("POST {to} HTTP/1.1\r\n"), &more, body).await
    }

    async fn say(&self, role: Role, line: &str, more: &str, body: &[u8]) -> Page {
        let talk = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let (address, cookie) = (self.address, &self.cookies[role]);
            let head =
                format!("{line}Host: {address}\r\nCookie: {cookie}\r\n{more}Connection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            // A server that refuses early does not read on.
            let _ = stream.write_all(body).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        let answer = tokio::time::timeout(PATIENCE, talk).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Page { status, head: head.to_lowercase(), text: text.to_owned() }
    }
}

impl Page {
    /// Whether the browser is sent there.
    pub(crate) fn leads_to(&self, place: &str) -> bool {
        self.status == 303 && self.head.contains(&format!("location: {}", place.to_lowercase()))
    }
}

impl Deref for Desk {
    type Target = Admin;

    fn deref(&self) -> &Admin {
        &self.admin
    }
}
