//! Filling an inventory with records: one transaction, all or nothing.

use provision::inventory::Contact;
use sqlx::QueryBuilder;

use crate::change::{put, step, tell, values};
use crate::database::Writing;
use crate::record::{Counts, Record};
use crate::roster::moves;
use crate::snapshot::counts;
use crate::store::Store;
use crate::{
    Enrolment, Error, Result, audit, enrolments, fetched, ledger as trust_ledger, quality, reports, tokens,
    trust_lists, users,
};

/// Rows of one statement: five values each.
const AT_ONCE: usize = 500;

/// An inventory that is being filled. Nobody sees any of it before [`Filling::finish`]; dropping it leaves all as it was.
pub struct Filling {
    store: Store,
    writing: Writing,
    generation: i64,
    /// The count of changes to enrolments that what is put has.
    enrolments: u64,
}

impl Store {
    /// Begins to fill the inventory. One that holds something is refused, or emptied first when `replace` says so.
    pub async fn fill(&self, replace: bool) -> Result<Filling> {
        let mut writing = self.database.begin().await?;
        let generation = step(&mut writing).await?;
        let there = counts(&mut writing).await?;
        // What somebody did is nothing that could be lost by filling.
        if (Counts { audit: 0, ..there }) != Counts::default() && !replace {
            return Err(Error::NotEmpty(self.name(), there.phones, there.total()));
        }
        writing!(&mut writing, c =>
            sqlx::raw_sql(
                "DELETE FROM ledger; DELETE FROM trust_lists; DELETE FROM audit; DELETE FROM tokens; DELETE FROM users; DELETE FROM issuers; DELETE FROM enrolments;
                 DELETE FROM reports; DELETE FROM quality; DELETE FROM fetched; DELETE FROM contacts; DELETE FROM documents; DELETE FROM keys;
                 DELETE FROM phones; DELETE FROM lines; DELETE FROM groups",
            )
            .execute(c)
            .await
            .map(drop)?);
        moves::of_all(&mut writing).await?;
        let enrolments = enrolments::begin_anew(&mut writing).await?;
        Ok(Filling { store: self.clone(), writing, generation, enrolments })
    }
}

impl Filling {
    /// Adds records. What they name may come later.
    pub async fn put(&mut self, records: &[Record]) -> Result<()> {
        let writing = &mut self.writing;
        let (mut groups, mut lines, mut phones, mut documents) = (vec![], vec![], vec![], vec![]);
        let (mut contacts, mut waiting, mut fetches) = (vec![], vec![], vec![]);
        let (mut calls, mut problems) = (vec![], vec![]);
        let (mut enrolled, mut issuers) = (vec![], vec![]);
        let mut programs = vec![];
        let (mut people, mut audited) = (vec![], vec![]);
        let (mut lists, mut ledger) = (vec![], vec![]);
        for record in records {
            match record {
                Record::Group(group) => groups.push(group),
                Record::Line(line) => lines.push(line),
                Record::Phone(phone, changed) => phones.push((&**phone, *changed)),
                Record::Document(document) => documents.push(document),
                Record::Contact(contact) => contacts.push((contact.id, contact)),
                Record::Waiting(one) => waiting.push(one),
                Record::Fetched(one) => fetches.push(one),
                Record::Enrolment(one) => {
                    let changed = if one.encrypt { self.enrolments } else { 0 };
                    enrolled.push(Enrolment { changed, session: None, ..(**one).clone() });
                }
                Record::Issuer(one) => issuers.push(one),
                Record::Quality(one) => calls.push(one),
                Record::Report(one) => problems.push(one),
                Record::Token(token) => programs.push(token),
                Record::User(user) => people.push(user),
                Record::Audited(one) => audited.push(one),
                Record::TrustList(list) => lists.push(&**list),
                Record::Ledger(mac, entry) => ledger.push((*mac, &**entry)),
            }
        }
        groups.iter().try_for_each(|group| values::group(group))?;
        lines.iter().try_for_each(|line| values::line(line))?;
        phones.iter().try_for_each(|(phone, _)| values::phone(phone))?;
        documents.iter().try_for_each(|document| values::document(document))?;
        contacts.iter().try_for_each(|(_, contact)| values::contact(contact))?;
        put::groups(writing, &groups).await?;
        put::lines(writing, &lines).await?;
        put::phones(writing, &phones).await?;
        put::documents(writing, &documents).await?;
        put::insert_contacts(writing, &contacts).await?;
        number_contacts(writing, &contacts).await?;
        for some in waiting.chunks(AT_ONCE) {
            writing!(&mut *writing, c => {
                let mut sql = QueryBuilder::new("INSERT INTO waiting (mac, code, since, seen, source) ");
                sql.push_values(some, |mut row, one| {
                    row.push_bind(one.mac.to_string())
                        .push_bind(one.code.as_str())
                        .push_bind(one.since)
                        .push_bind(one.seen)
                        .push_bind(one.source.as_str());
                });
                sql.build().persistent(false).execute(c).await?;
            });
        }
        fetched::remember(writing, &fetches).await?;
        enrolments::put(writing, &enrolled.iter().collect::<Vec<_>>()).await?;
        enrolments::put_issuers(writing, &issuers).await?;
        quality::put(writing, &calls).await?;
        reports::put(writing, &problems).await?;
        for token in programs {
            tokens::insert(writing, token).await?;
        }
        for user in people {
            users::insert(writing, user).await?;
        }
        trust_lists::put(writing, &lists).await?;
        trust_ledger::put(writing, &ledger).await?;
        audit::put(writing, &audited).await
    }

    /// Makes it hold, when everything that is named is there.
    pub async fn finish(mut self) -> Result<u64> {
        nothing_dangles(&mut self.writing).await?;
        self.store.noted(&mut self.writing, "restored", "inventory", &[]).await?;
        tell(&mut self.writing, self.generation).await?;
        self.writing.commit().await?;
        let generation = self.generation.cast_unsigned();
        self.store.saw(generation);
        self.store.known().saw_enrolments(self.enrolments);
        self.store.tidy().await;
        Ok(generation)
    }
}

/// New contacts get numbers behind these.
async fn number_contacts(writing: &mut Writing, contacts: &[(i64, &Contact)]) -> Result<()> {
    let Some(last) = contacts.iter().map(|(id, _)| *id).max() else { return Ok(()) };
    writing!(writing, c =>
        sqlx::query("UPDATE inventory SET contacts = $1 WHERE contacts < $1").bind(last).execute(c).await.map(drop)?);
    Ok(())
}

/// The first that names what is not there, and what it names.
async fn nothing_dangles(writing: &mut Writing) -> Result<()> {
    let found: Option<(String, String)> = writing!(writing, c =>
        sqlx::query_as(
            "SELECT 'SEP' || mac, 'site ' || site FROM phones WHERE site IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM groups WHERE kind = 'site' AND groups.name = site)
             UNION ALL
             SELECT 'SEP' || mac, 'profile ' || profile FROM phones WHERE profile IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM groups WHERE kind = 'profile' AND groups.name = profile)
             UNION ALL
             SELECT owner || ' ' || name, 'line ' || line FROM keys
             WHERE NOT EXISTS (SELECT 1 FROM lines WHERE number = line)
             UNION ALL
             SELECT 'contact ' || name, 'phone SEP' || owner FROM contacts WHERE owner IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM phones WHERE mac = owner)
             UNION ALL
             SELECT 'claim code ' || code, 'phone SEP' || waiting.mac FROM waiting
             WHERE NOT EXISTS (SELECT 1 FROM phones WHERE phones.mac = waiting.mac)
             LIMIT 1",
        )
        .fetch_optional(c)
        .await?);
    match found {
        Some((by, thing)) => Err(Error::Dangling { thing, by }),
        None => Ok(()),
    }
}
