//! Everything that is kept, read from one moment.

use sqlx::QueryBuilder;

use crate::contacts::contact;
use crate::database::Writing;
use crate::enrolments::{enrolment, issuer};
use crate::fetched::fetched;
use crate::groups::group;
use crate::lines::line;
use crate::phones::phone;
use crate::quality::quality;
use crate::record::{Counts, Record};
use crate::reports::report;
use crate::store::Store;
use crate::waiting::waiting;
use crate::{Enrolment, Result, documents};

/// Rows of one question.
const AT_ONCE: i64 = 2000;

/// The inventory as it was when this was made, whatever others change meanwhile.
pub struct Snapshot {
    reading: Writing,
    next: Next,
    /// How many records there are of each kind.
    pub counts: Counts,
    /// The number of the last change that is in it.
    pub generation: u64,
}

/// Where reading goes on: the kind, and the last that was read.
enum Next {
    Groups,
    Lines(String),
    Phones(String),
    Documents(String),
    Contacts(i64),
    Waiting(String),
    Fetched(String),
    Quality(i64),
    Reports(i64),
    Enrolments(String),
    Issuers,
    Tokens,
    Users(String),
    Audit(i64),
    TrustLists(i64),
    Ledger(String),
    Nothing,
}

impl Store {
    /// How many of each are kept.
    pub async fn counts(&self) -> Result<Counts> {
        Ok(self.snapshot().await?.counts)
    }

    /// Everything as it is now.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut reading = self.database.begin_reading().await?;
        let generation: i64 = writing!(&mut reading, c =>
            sqlx::query_scalar("SELECT generation FROM inventory").fetch_one(c).await?);
        let counts = counts(&mut reading).await?;
        Ok(Snapshot { reading, next: Next::Groups, counts, generation: generation.cast_unsigned() })
    }
}

/// Where the rows of a table are counted.
type Counted = fn(&mut Counts) -> &mut u64;

/// Every family of records by its table; a new one is a line here.
const FAMILIES: [(&str, Counted); 16] = [
    ("groups", |counts| &mut counts.groups),
    ("lines", |counts| &mut counts.lines),
    ("phones", |counts| &mut counts.phones),
    ("documents", |counts| &mut counts.documents),
    ("contacts", |counts| &mut counts.contacts),
    ("waiting", |counts| &mut counts.waiting),
    ("fetched", |counts| &mut counts.fetched),
    ("quality", |counts| &mut counts.quality),
    ("reports", |counts| &mut counts.reports),
    ("enrolments", |counts| &mut counts.enrolments),
    ("issuers", |counts| &mut counts.issuers),
    ("users", |counts| &mut counts.users),
    ("audit", |counts| &mut counts.audit),
    ("trust_lists", |counts| &mut counts.trust_lists),
    ("ledger", |counts| &mut counts.ledger),
    ("tokens", |counts| &mut counts.tokens),
];

pub(crate) async fn counts(reading: &mut Writing) -> Result<Counts> {
    let rows: Vec<(String, i64)> = writing!(reading, c => {
        let mut sql = QueryBuilder::new("");
        for (number, (table, _)) in FAMILIES.into_iter().enumerate() {
            sql.push(if number > 0 { " UNION ALL SELECT '" } else { "SELECT '" });
            sql.push(table).push("', count(*) FROM ").push(table);
        }
        sql.build_query_as().fetch_all(c).await?
    });
    let mut counts = Counts::default();
    for (table, count) in rows {
        if let Some((_, counted)) = FAMILIES.iter().find(|(name, _)| *name == table) {
            *counted(&mut counts) = count.cast_unsigned();
        }
    }
    Ok(counts)
}

/// The next rows of one family, `$key` behind the last.
macro_rules! rows {
    ($snapshot:expr, $sql:literal, $last:expr) => {
        writing!(&mut $snapshot.reading, c =>
            sqlx::query_as($sql).bind($last).bind(AT_ONCE).fetch_all(c).await?)
    };
}

impl Snapshot {
    /// The next records; none when all were given.
    pub async fn next(&mut self) -> Result<Vec<Record>> {
        loop {
            let records = match &self.next {
                Next::Groups => self.groups().await?,
                Next::Lines(last) => self.lines(last.clone()).await?,
                Next::Phones(last) => self.phones(last.clone()).await?,
                Next::Documents(last) => self.documents(last.clone()).await?,
                Next::Contacts(last) => self.contacts(*last).await?,
                Next::Waiting(last) => self.waiting(last.clone()).await?,
                Next::Fetched(last) => self.fetched(last.clone()).await?,
                Next::Quality(last) => self.quality(*last).await?,
                Next::Reports(last) => self.reports(*last).await?,
                Next::Enrolments(last) => self.enrolments(last.clone()).await?,
                Next::Issuers => self.issuers().await?,
                Next::Tokens => self.tokens().await?,
                Next::Users(last) => self.users(last.clone()).await?,
                Next::Audit(last) => self.audit(*last).await?,
                Next::TrustLists(last) => self.trust_lists(*last).await?,
                Next::Ledger(last) => self.ledger(last.clone()).await?,
                Next::Nothing => return Ok(Vec::new()),
            };
            if !records.is_empty() {
                return Ok(records);
            }
        }
    }

    /// All groups at once: there are as many as an administrator made.
    async fn groups(&mut self) -> Result<Vec<Record>> {
        let rows: Vec<_> = writing!(&mut self.reading, c =>
            sqlx::query_as("SELECT kind, name, description, layer FROM groups ORDER BY kind, name")
                .fetch_all(c)
                .await?);
        self.next = Next::Lines(String::new());
        rows.into_iter().map(|row| Ok(Record::Group(group(row)?))).collect()
    }

    async fn lines(&mut self, last: String) -> Result<Vec<Record>> {
        let rows: Vec<(String, String)> = rows!(
            self,
            "SELECT number, settings FROM lines WHERE number > $1 ORDER BY number LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some((number, _)) => Next::Lines(number.clone()),
            None => Next::Phones(String::new()),
        };
        rows.into_iter().map(|row| Ok(Record::Line(line(row)?))).collect()
    }

    async fn phones(&mut self, last: String) -> Result<Vec<Record>> {
        type Row =
            (String, Option<String>, String, Option<String>, Option<String>, String, String, String, i64);
        let rows: Vec<Row> = rows!(
            self,
            "SELECT mac, model, description, site, profile, state, notes, layer, changed
             FROM phones JOIN phone_layers USING (mac) WHERE mac > $1 ORDER BY mac LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Phones(row.0.clone()),
            None => Next::Documents(String::new()),
        };
        let record = |row: Row| {
            let (mac, model, description, site, profile, state, notes, layer, changed) = row;
            let phone = phone((mac, model, description, site, profile, state, notes, layer))?;
            Ok(Record::Phone(Box::new(phone), changed))
        };
        rows.into_iter().map(record).collect()
    }

    async fn documents(&mut self, last: String) -> Result<Vec<Record>> {
        let rows: Vec<(String, String)> =
            rows!(self, "SELECT name, content FROM documents WHERE name > $1 ORDER BY name LIMIT $2", last);
        self.next = match rows.last() {
            Some((name, _)) => Next::Documents(name.clone()),
            None => Next::Contacts(i64::MIN),
        };
        rows.into_iter().map(|row| Ok(Record::Document(documents::document(row)?))).collect()
    }

    async fn contacts(&mut self, last: i64) -> Result<Vec<Record>> {
        let rows: Vec<crate::contacts::Row> = rows!(
            self,
            "SELECT id, book, owner, name, organisation, numbers FROM contacts WHERE id > $1 ORDER BY id LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Contacts(row.0),
            None => Next::Waiting(String::new()),
        };
        rows.into_iter().map(|row| Ok(Record::Contact(contact(row)?))).collect()
    }

    async fn waiting(&mut self, last: String) -> Result<Vec<Record>> {
        let rows: Vec<crate::waiting::Row> = rows!(
            self,
            "SELECT mac, code, since, seen, source FROM waiting WHERE mac > $1 ORDER BY mac LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Waiting(row.0.clone()),
            None => Next::Fetched(String::new()),
        };
        rows.into_iter().map(|row| Ok(Record::Waiting(waiting(row)?))).collect()
    }

    async fn fetched(&mut self, last: String) -> Result<Vec<Record>> {
        let rows: Vec<crate::fetched::Row> = rows!(
            self,
            "SELECT mac, stamp, fingerprint, at, transport, source FROM fetched
             WHERE mac > $1 ORDER BY mac LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Fetched(row.0.clone()),
            None => Next::Quality(i64::MIN),
        };
        rows.into_iter().map(|row| Ok(Record::Fetched(fetched(row)?))).collect()
    }

    async fn quality(&mut self, last: i64) -> Result<Vec<Record>> {
        let rows: Vec<crate::quality::Row> = rows!(
            self,
            "SELECT id, mac, at, line, reason, codec, packets, lost, jitter, sent, sent_lost, sent_jitter,
                    round_trip, raw
             FROM quality WHERE id > $1 ORDER BY id LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Quality(row.0),
            None => Next::Reports(i64::MIN),
        };
        rows.into_iter().map(|row| Ok(Record::Quality(quality(row)?))).collect()
    }

    async fn reports(&mut self, last: i64) -> Result<Vec<Record>> {
        let rows: Vec<crate::reports::Row> = rows!(
            self,
            "SELECT id, mac, at, serial, \"user\", source, bytes, file, note FROM reports
             WHERE id > $1 ORDER BY id LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Reports(row.0),
            None => Next::Enrolments(String::new()),
        };
        rows.into_iter().map(|row| Ok(Record::Report(report(row)?))).collect()
    }

    async fn enrolments(&mut self, last: String) -> Result<Vec<Record>> {
        let rows: Vec<crate::enrolments::Row> = rows!(
            self,
            "SELECT mac, encrypt, scheduled, issued, issued_at, held, origin, held_at, ends, revoked, last,
                    session, changed
             FROM enrolments WHERE mac > $1 ORDER BY mac LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Enrolments(row.0.clone()),
            None => Next::Issuers,
        };
        let record = |row| {
            // Who is enrolling right now, and how often something changed, belongs to this database alone.
            let enrolment = Enrolment { session: None, changed: 0, ..enrolment(row)? };
            Ok(Record::Enrolment(Box::new(enrolment)))
        };
        rows.into_iter().map(record).collect()
    }

    /// All at once: there are as many as the one who issues was replaced.
    async fn issuers(&mut self) -> Result<Vec<Record>> {
        let rows: Vec<(String, Vec<u8>)> = writing!(&mut self.reading, c =>
            sqlx::query_as("SELECT fingerprint, certificate FROM issuers ORDER BY fingerprint")
                .fetch_all(c)
                .await?);
        self.next = Next::Tokens;
        Ok(rows.into_iter().map(|row| Record::Issuer(issuer(row))).collect())
    }

    /// All at once: there are as many as programs.
    async fn tokens(&mut self) -> Result<Vec<Record>> {
        let rows: Vec<crate::tokens::Row> = writing!(&mut self.reading, c =>
            sqlx::query_as("SELECT name, hash, scope, made, expires, used FROM tokens ORDER BY name")
                .fetch_all(c)
                .await?);
        self.next = Next::Users(String::new());
        Ok(rows.into_iter().map(|row| Record::Token(crate::tokens::token(row))).collect())
    }

    async fn users(&mut self, last: String) -> Result<Vec<Record>> {
        let rows: Vec<crate::users::Row> = rows!(
            self,
            "SELECT name, role, password, made, last FROM users WHERE name > $1 ORDER BY name LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Users(row.0.clone()),
            None => Next::Audit(i64::MIN),
        };
        Ok(rows.into_iter().map(|row| Record::User(crate::users::user(row))).collect())
    }

    async fn audit(&mut self, last: i64) -> Result<Vec<Record>> {
        let rows: Vec<crate::audit::Row> = rows!(
            self,
            "SELECT id, at, author, action, subject, fields FROM audit WHERE id > $1 ORDER BY id LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Audit(row.0),
            None => Next::TrustLists(i64::MIN),
        };
        rows.into_iter().map(|row| Ok(Record::Audited(crate::audit::audited(row)?))).collect()
    }

    async fn trust_lists(&mut self, last: i64) -> Result<Vec<Record>> {
        let rows: Vec<crate::trust_lists::Row> = rows!(
            self,
            "SELECT number, at, author, purpose, note, contents, certificates, bytes FROM trust_lists
             WHERE number > $1 ORDER BY number LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::TrustLists(row.0),
            None => Next::Ledger(String::new()),
        };
        let record = |row| Ok(Record::TrustList(Box::new(crate::trust_lists::published(row)?)));
        rows.into_iter().map(record).collect()
    }

    async fn ledger(&mut self, last: String) -> Result<Vec<Record>> {
        let rows: Vec<crate::ledger::Row> = rows!(
            self,
            "SELECT mac, fetched, fetched_name, fetched_at, fetched_source, held, held_since, signed_at, plain_at,
                    foreign_since
             FROM ledger WHERE mac > $1 ORDER BY mac LIMIT $2",
            last
        );
        self.next = match rows.last() {
            Some(row) => Next::Ledger(row.0.clone()),
            None => Next::Nothing,
        };
        let record = |row| crate::ledger::entry(row).map(|(mac, entry)| Record::Ledger(mac, Box::new(entry)));
        rows.into_iter().map(record).collect()
    }
}
